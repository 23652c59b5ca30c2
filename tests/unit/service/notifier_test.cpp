// SPDX-License-Identifier: Apache-2.0
#include "service/notifier.hpp"

#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <mutex>

#include <poll.h>

namespace saoluu::service {
namespace {

constexpr UnixTime kDay = 24L * 3600, kNow = 1'800'000'000;

class FakeClock final : public util::Clock {
public:
    [[nodiscard]] std::int64_t now() const override { return at; }
    std::int64_t at = kNow;
};

/// A server that tests switch off and on.
struct FakeServer {
    std::atomic<bool> works = true, hangs = false;
    std::mutex mutex;
    std::vector<Message> got;

    std::vector<std::string> subjects() {
        const std::lock_guard lock(mutex);
        std::vector<std::string> all;
        for (const Message& message : got)
            all.push_back(message.subject);
        return all;
    }
};

class FakeChannel final : public Channel {
public:
    explicit FakeChannel(std::shared_ptr<FakeServer> server) : server_(std::move(server)) {}
    [[nodiscard]] std::string name() const override { return "mail"; }
    [[nodiscard]] std::string where() const override { return "smtp://mail:587"; }
    Result<Delivery> send(const Message& message, const std::vector<std::string>& /*only*/,
                          const std::stop_token& stop) override {
        while (server_->hangs && !stop.stop_requested())
            std::this_thread::yield();
        if (stop.stop_requested())
            return fail(ErrorKind::interrupted, "interrupted");
        if (!server_->works)
            return fail(ErrorKind::io, "smtp://mail:587: nothing answers there");
        const std::lock_guard lock(server_->mutex);
        server_->got.push_back(message);
        return Delivery{};
    }

private:
    std::shared_ptr<FakeServer> server_;
};

struct Case {
    test::ScratchFolder folder;
    FakeClock clock;
    std::shared_ptr<FakeServer> server = std::make_shared<FakeServer>();
    std::unique_ptr<Database> database;
    std::unique_ptr<Notifier> notifier;

    Case() { begin(); }

    /// As after a kill -9: nothing of the one before but what is in the database.
    void begin() {
        notifier.reset();
        database =
            std::make_unique<Database>(*Database::open(folder / "state.db", Database::Mode::write));
        notifier = std::make_unique<Notifier>(database.get(), clock);
        REQUIRE(start(*notifier));
    }

    Result<void> start(Notifier& one) {
        std::vector<std::unique_ptr<Channel>> channels;
        channels.push_back(std::make_unique<FakeChannel>(server));
        return one.start(std::move(channels), {.office = "UBND xã Bình Minh",
                                               .machine = "may1",
                                               .zone = *policy::find_time_zone("UTC")});
    }

    /// Until nothing is on its way.
    void settle() { settle(*notifier); }
    void settle(Notifier& one) const {
        for (;;) {
            const ChannelStatus status = one.channels().at(0);
            const auto next = one.next_tick();
            if (status.waiting == 0 || (next && *next > clock.at))
                return;
            pollfd wake{.fd = one.wake_fd(), .events = POLLIN, .revents = 0};
            REQUIRE(::poll(&wake, 1, 30'000) == 1);
            one.tick();
        }
    }
};

TEST_CASE("a trouble and its end are told once each") {
    Case one;
    for (int i = 0; i < 5; ++i) {
        one.notifier->trouble({.kind = NoticeKind::failure, .about = "vanphong"});
        one.settle();
    }
    CHECK(one.notifier->troubles().size() == 1);
    one.notifier->ended(NoticeKind::failure, "vanphong");
    one.notifier->ended(NoticeKind::failure, "vanphong");
    one.settle();
    CHECK(one.server->subjects() ==
          std::vector<std::string>{"[UBND xã Bình Minh] backup failed: vanphong",
                                   "[UBND xã Bình Minh] in order again (backup failed: vanphong)"});
    CHECK(one.notifier->troubles().empty());
}

TEST_CASE("a check that was due and is overdue now is not in order") {
    Case one;
    one.notifier->trouble({.kind = NoticeKind::check_due, .about = "nas"});
    one.notifier->trouble({.kind = NoticeKind::check_overdue, .about = "nas"});
    one.notifier->ended(NoticeKind::check_due, "nas");
    one.notifier->ended(NoticeKind::check_overdue, "nas");
    one.settle();
    CHECK(one.server->subjects() ==
          std::vector<std::string>{
              "[UBND xã Bình Minh] the regular check is due: nas",
              "[UBND xã Bình Minh] the regular check is overdue: nas",
              "[UBND xã Bình Minh] in order again (the regular check is overdue: nas)"});
}

TEST_CASE("a key that has expired is not in order, and one that was replaced is") {
    Case one;
    one.notifier->trouble(
        {.kind = NoticeKind::key_expires, .about = "nas", .due = one.clock.at + kDay});
    one.notifier->trouble(
        {.kind = NoticeKind::key_expires, .about = "cloud", .due = one.clock.at + 9 * kDay});
    one.settle();
    one.clock.at += kDay;
    one.notifier->ended(NoticeKind::key_expires, "nas");
    one.notifier->ended(NoticeKind::key_expires, "cloud");
    one.settle();
    CHECK(one.notifier->troubles().empty());
    CHECK(one.server->subjects() ==
          std::vector<std::string>{"[UBND xã Bình Minh] a key is about to expire: nas",
                                   "[UBND xã Bình Minh] a key is about to expire: cloud",
                                   "[UBND xã Bình Minh] in order again (a key is about to expire: "
                                   "cloud)"});
}

TEST_CASE("troubles of what is not in the config file any more are dropped in silence, for good") {
    Case one;
    one.notifier->trouble({.kind = NoticeKind::suspect, .about = "a"});
    one.notifier->trouble({.kind = NoticeKind::suspect, .about = "b"});
    one.notifier->trouble({.kind = NoticeKind::tampering, .about = "nas"});
    one.settle();
    one.notifier->only_of({"b"}, {"cloud"});
    one.settle();
    CHECK(one.server->got.size() == 3);
    one.begin();
    REQUIRE(one.notifier->troubles().size() == 1);
    CHECK(one.notifier->troubles()[0].about == "b");
}

TEST_CASE("a reminder says since when") {
    Case one;
    one.notifier->trouble({.kind = NoticeKind::overdue, .about = "vanphong"});
    one.settle();
    one.clock.at += kDay;
    one.notifier->trouble({.kind = NoticeKind::overdue, .about = "vanphong"});
    one.settle();
    REQUIRE(one.server->got.size() == 2);
    CHECK(one.server->got[1].subject == "[UBND xã Bình Minh] still: backup is overdue: vanphong");
    CHECK(one.server->got[1].text.find("Since: 2027-01-15 08:00.") != std::string::npos);
}

TEST_CASE("messages and troubles outlive the service and arrive in their order") {
    Case one;
    one.server->works = false;
    one.notifier->trouble({.kind = NoticeKind::failure, .about = "a"});
    one.settle();
    one.notifier->trouble({.kind = NoticeKind::failure, .about = "b"});
    one.settle();
    one.begin();
    one.settle();
    one.notifier->trouble({.kind = NoticeKind::failure, .about = "a"}); // told already
    one.notifier->trouble({.kind = NoticeKind::failure, .about = "c"});
    one.settle();
    CHECK(one.notifier->channels().at(0).waiting == 3);
    CHECK(one.notifier->channels().at(0).fails_since == kNow);
    one.begin();
    one.settle();
    one.clock.at += 7 * kDay;
    one.server->works = true;
    one.notifier->tick();
    one.settle();
    CHECK(one.server->subjects() ==
          std::vector<std::string>{"[UBND xã Bình Minh] backup failed: a",
                                   "[UBND xã Bình Minh] backup failed: b",
                                   "[UBND xã Bình Minh] backup failed: c"});
    one.begin();
    one.settle();
    CHECK(one.server->got.size() == 3); // nothing is sent again
    CHECK(one.notifier->troubles().size() == 3);
}

TEST_CASE("a server that does not answer keeps nobody from stopping") {
    Case one;
    one.server->hangs = true;
    one.notifier->trouble({.kind = NoticeKind::failure, .about = "a"});
    one.begin(); // joins the thread
    one.server->hangs = false;
    one.settle();
    CHECK(one.server->got.size() == 1);
}

TEST_CASE("a database that can't be written keeps no message from being sent") {
    Case one;
    Database locked = *Database::open(one.folder / "state.db", Database::Mode::read_only);
    Notifier notifier(&locked, one.clock);
    (void)one.start(notifier);
    notifier.trouble({.kind = NoticeKind::failure, .about = "a"});
    one.settle(notifier);
    CHECK(one.server->got.size() == 1);
    const std::vector<Notifier::Line> lines = notifier.take_lines();
    REQUIRE(lines.size() == 1); // said once
    CHECK(lines[0].is_problem);
}

TEST_CASE("what was sent right before a reload or the end is not sent again") {
    Case one;
    for (const char* job : {"a", "b"}) {
        one.notifier->trouble({.kind = NoticeKind::failure, .about = job});
        REQUIRE(one.start(*one.notifier)); // nobody took the result
    }
    one.notifier->trouble({.kind = NoticeKind::failure, .about = "c"});
    one.notifier->settle();
    one.begin();
    one.settle();
    CHECK(one.server->got.size() == 3);
}

TEST_CASE("what could not be read at the start is not overwritten, and tables are made later") {
    Case one;
    one.server->works = false;
    one.notifier->trouble({.kind = NoticeKind::failure, .about = "a"});
    one.settle();
    REQUIRE(one.database->execute("ALTER TABLE outbox_channel RENAME TO aside"));
    REQUIRE(one.database->execute("CREATE TABLE outbox_channel (other)"));
    Notifier blind(one.database.get(), one.clock);
    CHECK_FALSE(one.start(blind));
    REQUIRE(one.database->execute("DROP TABLE outbox_channel"));
    REQUIRE(one.database->execute("ALTER TABLE aside RENAME TO outbox_channel"));
    blind.trouble({.kind = NoticeKind::failure, .about = "b"});
    one.settle(blind);
    one.begin();
    one.settle();
    CHECK(one.notifier->channels().at(0).waiting == 2);
}

TEST_CASE("the journal is told when a channel fails and when it works again") {
    Case one;
    one.server->works = false;
    for (const char* job : {"a", "b"}) {
        one.notifier->trouble({.kind = NoticeKind::failure, .about = job});
        one.settle();
    }
    auto lines = one.notifier->take_lines();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].is_problem);
    CHECK(lines[0].text.find("nothing answers there") != std::string::npos);
    one.server->works = true;
    one.clock.at += kDay;
    one.notifier->tick();
    one.settle();
    lines = one.notifier->take_lines();
    REQUIRE(lines.size() == 1);
    CHECK(!lines[0].is_problem);
}

TEST_CASE("without a channel nothing waits, and troubles are known all the same") {
    Case one;
    Notifier notifier(nullptr, one.clock);
    REQUIRE(notifier.start({}, {.office = "", .machine = "may1", .zone = {}}));
    notifier.trouble({.kind = NoticeKind::failure, .about = "a"});
    CHECK(notifier.channels().empty());
    CHECK(notifier.troubles().size() == 1);
    CHECK(!notifier.next_tick());
}

} // namespace
} // namespace saoluu::service
