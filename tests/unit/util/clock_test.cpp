// SPDX-License-Identifier: Apache-2.0
#include "util/clock.hpp"

#include <doctest/doctest.h>

#include <ctime>

TEST_CASE("the machine's clock tells seconds since 1970") {
    const std::time_t before = std::time(nullptr);
    const std::int64_t now = saoluu::util::system_clock().now();
    // time() may read a coarser clock, which lags behind by one tick.
    CHECK(now >= before);
    CHECK(now <= std::time(nullptr) + 1);
}
