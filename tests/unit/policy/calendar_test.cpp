// SPDX-License-Identifier: Apache-2.0
// What systemd.time(7) says; calendar_oracle_test.cpp compares with systemd itself.
#include "policy/calendar.hpp"
#include "policy/time_zone.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace saoluu;
using policy::CalendarEvent;

namespace {

cctz::time_zone zone(const std::string& name) {
    const auto found = policy::find_time_zone(name);
    REQUIRE(found);
    return *found;
}

CalendarEvent event(const std::string& text) {
    auto parsed = CalendarEvent::parse(text);
    REQUIRE_MESSAGE(parsed, text);
    return *std::move(parsed);
}

/// The moments behind a clock time, as clock times of the same zone.
std::vector<std::string> moments(const std::string& text, const cctz::civil_second& after,
                                 std::size_t count, const std::string& where) {
    std::vector<std::string> all;
    const auto place = zone(where);
    auto at = std::chrono::time_point_cast<std::chrono::seconds>(cctz::convert(after, place));
    const CalendarEvent parsed = event(text);
    while (all.size() < count) {
        const auto next = parsed.next(at, place);
        if (!next)
            break;
        CHECK(*next > at);
        at = *next;
        all.push_back(cctz::format("%Y-%m-%d %H:%M:%S", at, place));
    }
    return all;
}
using Moments = std::vector<std::string>;
constexpr const char* kHere = "Asia/Ho_Chi_Minh";

} // namespace

TEST_CASE("a list of hours before minutes is each of these hours with these minutes") {
    // 2026-11-28 is a Saturday.
    CHECK(moments("Mon..Fri 11,16:30", cctz::civil_second(2026, 11, 28, 9, 0, 0), 3, kHere) ==
          Moments{"2026-11-30 11:30:00", "2026-11-30 16:30:00", "2026-12-01 11:30:00"});
}

TEST_CASE("days are counted from either end of a month") {
    CHECK(moments("*-*~1 22:00", cctz::civil_second(2028, 1, 1, 0, 0, 0), 3, kHere) ==
          Moments{"2028-01-31 22:00:00", "2028-02-29 22:00:00", "2028-03-31 22:00:00"});
    CHECK(moments("*-*-31", cctz::civil_second(2026, 1, 31, 0, 0, 0), 2, kHere) ==
          Moments{"2026-03-31 00:00:00", "2026-05-31 00:00:00"});
}

TEST_CASE("what never comes has no next moment") {
    CHECK(moments("*-02-30", cctz::civil_second(2026, 1, 1, 0, 0, 0), 1, kHere).empty());
    CHECK(moments("2020-01-01", cctz::civil_second(2026, 1, 1, 0, 0, 0), 1, kHere).empty());
}

TEST_CASE("a clock time that is left out does not come, one that is repeated comes once") {
    CHECK(moments("2:30", cctz::civil_second(2026, 3, 28, 0, 0, 0), 2, "Europe/Berlin") ==
          Moments{"2026-03-28 02:30:00", "2026-03-30 02:30:00"});
    CHECK(moments("*:30", cctz::civil_second(2026, 10, 25, 1, 0, 0), 3, "Europe/Berlin") ==
          Moments{"2026-10-25 01:30:00", "2026-10-25 02:30:00", "2026-10-25 03:30:00"});
}

TEST_CASE("what is no time of a calendar is named, with how one is written") {
    for (const char* const text : {"",
                                   " ",
                                   "Mon..",
                                   "Fri..Mon",
                                   "24:00",
                                   "10:60",
                                   "*-13-1",
                                   "*-0-1",
                                   "10",
                                   "10:1/0",
                                   "*/2:0",
                                   "5..3:0",
                                   "Mon Tue 10:00",
                                   "10:00 Mars/Olympus",
                                   "ngày mai",
                                   "2026-11-28T10:00",
                                   "10:00:00.5",
                                   "@12345",
                                   "*-*-*-* 10:00",
                                   "Montag 10:00",
                                   "10:00\n"}) {
        CAPTURE(text);
        const auto parsed = CalendarEvent::parse(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().kind() == ErrorKind::usage);
        CHECK(parsed.error().message().find("Mon..Fri 11,16:30") != std::string::npos);
    }
    CHECK_FALSE(CalendarEvent::parse(std::string(5000, '1')));
    std::string many = "0";
    for (int i = 0; i < 100; ++i)
        many += ",0";
    CHECK_FALSE(CalendarEvent::parse(many + ":0"));
}

TEST_CASE("a zone's name is one of the database, and no path") {
    for (const char* const name : {"Asia/Saigon2", "../../etc/passwd", "/etc/localtime", "no such"})
        CHECK_FALSE(policy::find_time_zone(name));
    CHECK(policy::find_time_zone(""));
}
