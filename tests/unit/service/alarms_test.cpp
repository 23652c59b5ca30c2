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
    CHECK(told == 8); // an hour sooner than a day after it began, for the seventh time
    CHECK(alarms.open().size() == 1);
    const auto was = alarms.clear(NoticeKind::overdue, "vanphong");
    REQUIRE(was);
    CHECK(was->since == kNow);
    CHECK(!alarms.clear(NoticeKind::overdue, "vanphong"));
    CHECK(alarms.raise(NoticeKind::overdue, "vanphong", kNow + 8 * kDay) == Tell::as_new);
}

TEST_CASE("what fails each day is told of each day, though one run ends sooner than the last") {
    Alarms alarms;
    CHECK(alarms.raise(NoticeKind::failure, "a", kNow) == Tell::as_new);
    for (int day = 1; day < 30; ++day) {
        CAPTURE(day);
        const UnixTime at = kNow + day * kDay + (day % 2 == 0 ? 1800 : -1800);
        CHECK(alarms.raise(NoticeKind::failure, "a", at) == Tell::as_reminder);
        CHECK(alarms.raise(NoticeKind::failure, "a", at + 600) == Tell::no); // the next try
    }
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

TEST_CASE("troubles of jobs and stores that are gone are dropped, and those of the others stay") {
    Alarms alarms;
    for (int i = 0; i <= static_cast<int>(NoticeKind::recovered); ++i)
        for (const char* name : {"here", "gone"})
            alarms.raise(static_cast<NoticeKind>(i), name, kNow);
    const std::size_t all = alarms.open().size();
    CHECK(alarms.only_of({"here"}, {"here", "gone"})); // a store of the name of a job that is gone
    CHECK(alarms.find(NoticeKind::suspect, "gone") == nullptr);
    CHECK(alarms.find(NoticeKind::suspect, "here") != nullptr);
    CHECK(alarms.find(NoticeKind::damage, "gone") != nullptr);
    CHECK(alarms.open().size() == all - 4); // the kinds of a job
    CHECK(alarms.only_of({"here"}, {"here"}));
    CHECK(alarms.open().size() == all - 11); // and those of a store
    CHECK_FALSE(alarms.only_of({"here"}, {"here"}));
}

TEST_CASE("another key that is about to expire is a new trouble") {
    Alarms alarms;
    CHECK(alarms.raise(NoticeKind::key_expires, "nas", kNow, kNow + kDay) == Tell::as_new);
    CHECK(alarms.raise(NoticeKind::key_expires, "nas", kNow + 1, kNow + kDay) == Tell::no);
    CHECK(alarms.raise(NoticeKind::key_expires, "nas", kNow + 2, kNow + 9 * kDay) == Tell::as_new);
    CHECK(alarms.open().size() == 1);
    CHECK(alarms.raise(NoticeKind::key_expires, "nas", kNow + 3, kNow + 9 * kDay) == Tell::no);
}

} // namespace
} // namespace saoluu::service
