// SPDX-License-Identifier: Apache-2.0
#include "service/alarms.hpp"

#include <doctest/doctest.h>

namespace saoluu::service {
namespace {

using Tell = Alarms::Tell;
constexpr UnixTime kHour = 3600, kDay = 24 * kHour, kNow = 1'800'000'000;

TEST_CASE("a trouble is told at once, then once a day, and its end once") {
    Alarms alarms;
    int told = 0;
    for (UnixTime at = kNow; at < kNow + 7 * kDay; at += kHour / 4)
        told += alarms.raise(NoticeKind::overdue, "vanphong", at) != Tell::no ? 1 : 0;
    CHECK(told == 7);
    CHECK(alarms.open().size() == 1);
    const auto was = alarms.clear(NoticeKind::overdue, "vanphong");
    REQUIRE(was);
    CHECK(was->since == kNow);
    CHECK(!alarms.clear(NoticeKind::overdue, "vanphong"));
    CHECK(alarms.raise(NoticeKind::overdue, "vanphong", kNow + 8 * kDay) == Tell::as_new);
}

TEST_CASE("troubles of other kinds and of other things are troubles of their own") {
    Alarms alarms;
    CHECK(alarms.raise(NoticeKind::failure, "a", kNow) == Tell::as_new);
    CHECK(alarms.raise(NoticeKind::failure, "b", kNow) == Tell::as_new);
    CHECK(alarms.raise(NoticeKind::damage, "a", kNow) == Tell::as_new);
    CHECK(alarms.raise(NoticeKind::failure, "a", kNow + 1) == Tell::no);
    CHECK(alarms.open().size() == 3);
    CHECK(alarms.clear(NoticeKind::failure, "a"));
    CHECK(alarms.find(NoticeKind::failure, "a") == nullptr);
    REQUIRE(alarms.find(NoticeKind::failure, "b") != nullptr);
}

TEST_CASE("a clock that is set back silences no trouble for longer than a day") {
    Alarms alarms;
    CHECK(alarms.raise(NoticeKind::failure, "a", kNow) == Tell::as_new);
    const UnixTime back = kNow - 400 * kDay;
    CHECK(alarms.raise(NoticeKind::failure, "a", back) == Tell::as_reminder);
    CHECK(alarms.raise(NoticeKind::failure, "a", back + kHour) == Tell::no);
    CHECK(alarms.raise(NoticeKind::failure, "a", back + kDay) == Tell::as_reminder);
}

} // namespace
} // namespace saoluu::service
