// SPDX-License-Identifier: Apache-2.0
#include "util/child.hpp"

#include <algorithm>
#include <cstdlib>

#include <doctest/doctest.h>

using namespace saoluu;

TEST_CASE("what opens our stores is taken from the environment of a child, and nothing else") {
    ::setenv("SAOLUU_PASSPHRASE", "x", 1);
    ::setenv("SAOLUU_PASSPHRASE_FILE", "x", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "x", 1);
    ::setenv("AWS_SESSION_TOKEN", "x", 1);
    ::setenv("SAOLUU_REPO", "/mnt/nas", 1);
    ::setenv("AWS_REGION", "vn-1", 1);
    auto changes = util::without_credentials();
    for (const char* name : {"SAOLUU_PASSPHRASE", "SAOLUU_PASSPHRASE_FILE", "AWS_SECRET_ACCESS_KEY",
                             "AWS_SESSION_TOKEN", "SAOLUU_REPO", "AWS_REGION"})
        ::unsetenv(name);
    std::ranges::sort(changes);
    REQUIRE(changes.size() == 4);
    CHECK(changes[0].first == "AWS_SECRET_ACCESS_KEY");
    CHECK(changes[1].first == "AWS_SESSION_TOKEN");
    CHECK(changes[2].first == "SAOLUU_PASSPHRASE");
    CHECK(changes[3].first == "SAOLUU_PASSPHRASE_FILE");
    for (const auto& [name, value] : changes)
        CHECK_FALSE(value);
}

TEST_CASE("what a program said is one printable line") {
    CHECK(util::one_line("") == "");
    CHECK(util::one_line(" \n\r\n\t") == "");
    CHECK(util::one_line("one\r\n\n  two  \nthree") == "one; two; three");
    CHECK(util::one_line("tiếng Việt\n") == "tiếng Việt");
    CHECK(util::one_line("a\x1b[31mb\xff\n") == "a\\x1b[31mb\\xff");
}
