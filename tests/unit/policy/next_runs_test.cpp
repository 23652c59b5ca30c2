// SPDX-License-Identifier: Apache-2.0
#include "saoluu/schedule.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace saoluu;

namespace {

const std::string kHanoi = "Asia/Ho_Chi_Minh";
constexpr UnixTime kHour = 3600;
constexpr UnixTime kDay = 24 * kHour;
constexpr UnixTime kFriday = 1'795'737'600; // 2026-11-27 00:00 UTC, 07:00 in Hanoi

} // namespace

TEST_CASE("next runs come in order, in the zone that is named") {
    const auto runs = next_runs({"Mon..Fri 11,16:30"}, kHanoi, kFriday, 3);
    REQUIRE(runs);
    const UnixTime midnight = kFriday - 7 * kHour;
    CHECK(*runs == std::vector<UnixTime>{midnight + 11 * kHour + kHour / 2,
                                         midnight + 16 * kHour + kHour / 2,
                                         midnight + 3 * kDay + 11 * kHour + kHour / 2});
}

TEST_CASE("times of several expressions are one list, and one that two name comes once") {
    const auto runs =
        next_runs({"*-*-* 12:00 UTC", "*-*-* 6,12:00 UTC", "*-*-* 18:00 UTC"}, "", kFriday, 4);
    REQUIRE(runs);
    CHECK(*runs == std::vector<UnixTime>{kFriday + 6 * kHour, kFriday + 12 * kHour,
                                         kFriday + 18 * kHour, kFriday + kDay + 6 * kHour});
}

TEST_CASE("a run at this very moment is over") {
    CHECK(next_runs({"*-*-* 00:00 UTC"}, "", kFriday, 1)->front() == kFriday + kDay);
}

TEST_CASE("what is over, and nothing at all, give no runs") {
    CHECK(next_runs({"2001-01-01"}, "", kFriday, 3)->empty());
    CHECK(next_runs({"2026-11-28 UTC"}, "", kFriday, 3)->size() == 1);
    CHECK(next_runs({}, "", kFriday, 3)->empty());
    CHECK(next_runs({"daily"}, "", kFriday, 0)->empty());
}

TEST_CASE("what makes no sense, never comes, or is nowhere is told") {
    for (const char* wrong : {"soon", "", "Mon..Fri 25:00"}) {
        const auto runs = next_runs({"daily", wrong}, "", kFriday, 1);
        REQUIRE_FALSE(runs);
        CHECK(runs.error().kind() == ErrorKind::usage);
    }
    CHECK(next_runs({"*-02-30"}, "", kFriday, 1).error().message().find("never comes") !=
          std::string::npos);
    CHECK_FALSE(next_runs({"daily"}, "Asia/Hanoi2", kFriday, 1));
}
