// SPDX-License-Identifier: Apache-2.0
#include "service/outbox.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

namespace saoluu::service {
namespace {

constexpr UnixTime kHour = 3600, kDay = 24 * kHour, kNow = 1'800'000'000;

Message message_of(int number) {
    return {.id = "id" + std::to_string(number),
            .at = kNow,
            .subject = "s",
            .text = "t\n",
            .json = "{\"type\":\"notice\"}"};
}

Error down() {
    return Error(ErrorKind::io, "smtp://mail: nothing answers there").with_retry();
}

/// An outbox with the channel "mail", and what its server got.
struct Case {
    explicit Case(std::vector<std::string> names = {"mail"}) { outbox.set_channels(names); }
    Outbox outbox;
    std::vector<std::string> got;
    std::vector<UnixTime> tries;

    /// Sends what is due at a moment.
    void run(UnixTime now, bool works) {
        while (const auto next = outbox.next("mail", now)) {
            tries.push_back(now);
            if (works) {
                got.push_back(next->message.id);
                outbox.sent("mail", {}, now);
            } else {
                outbox.failed("mail", down(), now);
            }
        }
    }
};

TEST_CASE("after a week without a server all messages arrive in their order") {
    Case box;
    int made = 0;
    UnixTime now = kNow;
    for (; now < kNow + 7 * kDay; now += 60) {
        if ((now - kNow) % (3 * kHour) == 0)
            box.outbox.add(message_of(made++), now);
        box.run(now, false);
    }
    CHECK(box.outbox.status("mail").waiting == static_cast<std::size_t>(made));
    CHECK(box.outbox.status("mail").fails_since == kNow);
    // 1, 2, 4 … 256 minutes, then every six hours
    CHECK(box.tries.size() >= 9);
    CHECK(box.tries.size() <= 9 + 7 * 4 + 1);
    for (std::size_t i = 1; i < box.tries.size(); ++i)
        CHECK(box.tries[i] - box.tries[i - 1] <= Outbox::kLongestPause);
    now += Outbox::kLongestPause;
    box.run(now, true);
    REQUIRE(box.got.size() == static_cast<std::size_t>(made));
    for (int i = 0; i < made; ++i)
        CHECK(box.got[static_cast<std::size_t>(i)] == message_of(i).id);
    CHECK(!box.outbox.status("mail").fails_since);
    CHECK(box.outbox.status("mail").error.empty());
    CHECK(!box.outbox.next_try("mail", now));
}

TEST_CASE("one channel that fails holds up no other") {
    Outbox outbox;
    outbox.set_channels({"mail", "webhook"});
    outbox.add(message_of(1), kNow);
    REQUIRE(outbox.next("mail", kNow));
    CHECK(!outbox.next("mail", kNow)); // it is on its way
    outbox.failed("mail", down(), kNow);
    REQUIRE(outbox.next("webhook", kNow));
    outbox.sent("webhook", {}, kNow);
    CHECK(outbox.status("mail").waiting == 1);
    CHECK(outbox.status("webhook").waiting == 0);
    CHECK(outbox.next_try("mail", kNow) == kNow + Outbox::kFirstPause);
}

TEST_CASE("recipients who get it only later hold up nobody else") {
    Case box;
    box.outbox.add(message_of(1), kNow);
    box.outbox.add(message_of(2), kNow);
    REQUIRE(box.outbox.next("mail", kNow)->only.empty());
    box.outbox.sent("mail", {.later = {"full@example.vn"}, .refused = {}}, kNow);
    const auto second = box.outbox.next("mail", kNow);
    REQUIRE(second);
    CHECK(second->message.id == "id2");
    box.outbox.sent("mail", {}, kNow);
    CHECK(!box.outbox.next("mail", kNow + Outbox::kFirstPause - 1));
    auto rest = box.outbox.next("mail", kNow + Outbox::kFirstPause);
    REQUIRE(rest);
    CHECK(rest->message.id == "id1");
    CHECK(rest->only == std::vector<std::string>{"full@example.vn"});
    box.outbox.failed("mail", down(), kNow + Outbox::kFirstPause);
    box.outbox.add(message_of(3), kNow + Outbox::kFirstPause);
    CHECK(box.outbox.next("mail", kNow + Outbox::kFirstPause)->message.id == "id3");
}

TEST_CASE("a message that the server refuses holds up no other") {
    Case box;
    for (int i = 1; i <= 3; ++i)
        box.outbox.add(message_of(i), kNow);
    for (UnixTime now = kNow; now < kNow + kDay; now += 60)
        while (const auto next = box.outbox.next("mail", now)) {
            box.tries.push_back(now);
            if (next->message.id == "id1") {
                box.outbox.failed("mail", Error(ErrorKind::refused, "554 like spam"), now);
            } else {
                box.got.push_back(next->message.id);
                box.outbox.sent("mail", {}, now);
            }
        }
    CHECK(box.got == std::vector<std::string>{"id2", "id3"});
    CHECK(box.outbox.status("mail").waiting == 1);
    CHECK(box.outbox.status("mail").error == "refused"); // its words are for the journal
    CHECK(box.tries.size() < 15);
    // Who changes the config file has it tried at once.
    box.outbox.set_channels({"mail"});
    box.run(kNow + kDay, true);
    CHECK(box.got.back() == "id1");
}

TEST_CASE("what is given up after 30 days is counted and told in the next message") {
    Case box;
    box.outbox.add(message_of(1), kNow);
    UnixTime now = kNow;
    for (; now <= kNow + Outbox::kLongest; now += kHour)
        box.run(now, false);
    box.outbox.add(message_of(2), now);
    now += Outbox::kLongestPause;
    box.run(now, false);
    CHECK(box.outbox.status("mail").waiting == 1);
    CHECK(box.outbox.status("mail").dropped == 1);
    now += Outbox::kLongestPause;
    auto next = box.outbox.next("mail", now);
    REQUIRE(next);
    CHECK(next->message.text.find("1 earlier message could not be sent") != std::string::npos);
    CHECK(next->message.json == "{\"type\":\"notice\",\"dropped\":1}");
    box.outbox.failed("mail", down(), now); // nobody was told
    CHECK(box.outbox.status("mail").dropped == 1);
    box.run(now + Outbox::kLongestPause, true);
    CHECK(box.outbox.status("mail").dropped == 0);
    box.outbox.add(message_of(3), now);
    CHECK(box.outbox.next("mail", now + Outbox::kLongestPause)->message.text == "t\n");
}

TEST_CASE("a clock that jumps gives nothing up and lets nothing wait for ever") {
    Case box;
    box.outbox.add(message_of(1), kNow);
    box.run(kNow, false);
    box.run(kNow + 3000 * kDay, false); // a year that is not
    CHECK(box.outbox.status("mail").waiting == 1);
    CHECK(box.outbox.status("mail").dropped == 0);
    CHECK(box.outbox.next_try("mail", kNow) == kNow); // and back
    box.run(kNow, true);
    CHECK(box.got == std::vector<std::string>{"id1"});
}

TEST_CASE("of more than a thousand the oldest are given up, and counted") {
    Case box;
    for (int i = 0; i < 1003; ++i)
        box.outbox.add(message_of(i), kNow);
    CHECK(box.outbox.status("mail").waiting == Outbox::kMostWaiting);
    CHECK(box.outbox.status("mail").dropped == 3);
    const auto first = box.outbox.next("mail", kNow);
    REQUIRE(first);
    CHECK(first->message.id == "id3");
    box.outbox.add(message_of(1003), kNow); // not the one that is on its way
    CHECK(box.outbox.waiting("mail").front().message.id == "id3");
    box.outbox.sent("mail", {}, kNow);
    CHECK(box.outbox.status("mail").dropped == 1); // of the three it told
    CHECK(box.outbox.waiting("mail").front().message.id == "id5");
}

TEST_CASE("another config tries at once, and forgets channels that are gone") {
    Case box({"mail", "webhook"});
    box.outbox.add(message_of(1), kNow);
    box.run(kNow, false);
    CHECK(!box.outbox.next("mail", kNow));
    box.outbox.set_channels({"mail"});
    CHECK(box.outbox.next("mail", kNow)->message.id == "id1");
    CHECK(box.outbox.waiting("webhook").empty());
    box.outbox.sent("webhook", {}, kNow); // whoever is gone says nothing any more
    CHECK(box.outbox.status("mail").waiting == 1);
}

TEST_CASE("whatever fails, each message arrives once or is counted") {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const auto chance = [&](unsigned of) { return random() % of == 0; };
        Case box;
        std::multiset<std::string> got;
        std::uint64_t told = 0;
        int made = 0;
        UnixTime now = kNow;
        for (int step = 0; step < 2000; ++step) {
            now += static_cast<UnixTime>(random() % (2 * kHour));
            if (chance(200)) // the clock jumps
                now += static_cast<UnixTime>(random() % (60 * kDay)) - 30 * kDay;
            if (chance(3))
                box.outbox.add(message_of(made++), now);
            const bool is_up = step / 400 % 2 == 1;
            while (const auto next = box.outbox.next("mail", now)) {
                if (!is_up && !chance(10)) {
                    box.outbox.failed("mail", down(), now);
                    continue;
                }
                if (next->only.empty() && chance(4)) {
                    box.outbox.sent("mail", {.later = {"x"}, .refused = {}}, now);
                } else {
                    got.insert(next->message.id);
                    box.outbox.sent("mail", {}, now);
                }
                if (const std::size_t at = next->message.json.find("\"dropped\":");
                    at != std::string::npos)
                    told += std::stoull(next->message.json.substr(at + 10));
            }
        }
        const ChannelStatus status = box.outbox.status("mail");
        for (const Waiting& waiting : box.outbox.waiting("mail"))
            CHECK(!got.contains(waiting.message.id));
        for (const std::string& id : got)
            CHECK(got.count(id) == 1);
        CHECK(got.size() + status.waiting + status.dropped + told ==
              static_cast<std::size_t>(made));
    }
}

} // namespace
} // namespace saoluu::service
