// SPDX-License-Identifier: Apache-2.0
#include "util/sizes.hpp"

#include <doctest/doctest.h>

using namespace saoluu;

TEST_CASE("a share is read as a person writes it") {
    CHECK(util::parse_share("10%") == 10.0);
    CHECK(util::parse_share("2.5 %") == 2.5);
    CHECK(util::parse_share("100") == 100.0);
    for (const char* wrong :
         {"", "%", "0%", "0.5%", "101%", "-5%", "5%%", "1e1%", "nan", "10 per", "1.2.3%"}) {
        CAPTURE(wrong);
        CHECK_FALSE(util::parse_share(wrong));
    }
}
