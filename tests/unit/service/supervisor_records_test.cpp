// SPDX-License-Identifier: Apache-2.0
// What is known of the past, and what is asked of repositories where it is not.
#include "office_case.hpp"

#include "util/file.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace saoluu;
using namespace saoluu::service;
using namespace std::chrono_literals;
using test::at;
using test::failure;
using test::kNov;
using test::Office;
using test::success;

TEST_CASE("records that were damaged are set aside and made anew from the repositories") {
    Office office(at(kNov, 30, 8, 0));
    office.live(4h);
    office.works.end("vanphong", success());
    office.live(1h);
    office.cut();
    REQUIRE(util::write_file_durably(State::path_in(office.folder.path()),
                                     util::as_bytes(std::string(9000, 'x')), 0600));
    (void)::unlink((State::path_in(office.folder.path()) + "-wal").c_str());
    office.pass(5h); // past 16:30
    const UnixTime snapshot = at(kNov, 30, 11, 30).time_since_epoch().count();
    office.works.at_once = [&](const Order& order) -> std::optional<WorkResult> {
        if (order.kind == Order::Kind::job)
            return {};
        WorkResult result{.outcome = RunOutcome::done};
        if (order.kind == Order::Kind::recall && order.name == "nas")
            result.newest_snapshots = {{"vanphong", snapshot}, {"ketoan", snapshot}};
        return result;
    };
    office.works.started.clear();
    office.boot(office.config);
    REQUIRE_FALSE(office.state->set_aside().empty());
    CHECK(::access(office.state->set_aside().c_str(), F_OK) == 0);
    office.live(2min);
    CHECK(office.record().last_success == snapshot);
    REQUIRE(office.telling.events.size() == 1);
    CHECK(office.telling.events.front().kind == NoticeKind::state_rebuilt);
    CHECK(office.jobs_started() == 1); // 16:30 was missed, and is known to be
}

TEST_CASE("a store that does not tell of the last backups is asked until it does") {
    test::Machine machine(at(kNov, 30, 8, 0));
    const UnixTime snapshot = at(kNov, 29, 16, 30).time_since_epoch().count();
    bool is_away = true;
    machine.works.at_once = [&](const Order& order) -> std::optional<WorkResult> {
        if (order.kind == Order::Kind::job)
            return {};
        if (order.kind == Order::Kind::recall && is_away)
            return failure();
        WorkResult result{.outcome = RunOutcome::done, .has_summary = true};
        if (order.kind == Order::Kind::recall)
            result.newest_snapshots = {{"vanphong", snapshot}};
        return result;
    };
    machine.config = test::office_config();
    machine.config.jobs.front().schedule = {"*-*-* 23:00"};
    machine.boot(machine.config);
    machine.cut(); // before anything came of it
    machine.boot(machine.config);
    machine.live(10min);
    CHECK_FALSE(machine.state->record("job:vanphong", machine.unix_now()).last_success);
    is_away = false;
    SUBCASE("at the next start") {
        machine.cut();
        machine.boot(machine.config);
        machine.live(1min);
    }
    SUBCASE("after the next check") {
        machine.live(5h);
    }
    CHECK(machine.state->record("job:vanphong", machine.unix_now()).last_success == snapshot);
    machine.works.started.clear();
    machine.cut();
    machine.boot(machine.config);
    CHECK(machine.works.started.empty()); // it is known now
}

TEST_CASE("a store that hangs when it is asked for the last backups keeps no job from running") {
    test::Machine machine(at(kNov, 30, 11, 25));
    machine.boot(test::office_config()); // nothing that is started ever ends
    machine.live(20min);
    CHECK(std::ranges::any_of(machine.works.started,
                              [](const Order& order) { return order.kind == Order::Kind::job; }));
}

TEST_CASE("a file of records with nothing in it is set aside, and said") {
    Office office(at(kNov, 30, 8, 0));
    office.cut();
    REQUIRE(util::write_file_durably(State::path_in(office.folder.path()), {}, 0600));
    for (const char* part : {"-wal", "-shm"})
        (void)::unlink((State::path_in(office.folder.path()) + part).c_str());
    CHECK_FALSE(State::open(office.folder.path(), office.unix_now(), State::Damaged::refuse));
    office.boot(office.config);
    REQUIRE(office.telling.events.size() == 1);
    CHECK(office.telling.events.front().kind == NoticeKind::state_rebuilt);
}

TEST_CASE("records may lie behind a link") {
    const test::ScratchFolder folder;
    const std::string link = folder / "link", there = folder / "there";
    REQUIRE(util::make_folders(there, 0700));
    REQUIRE(::symlink(there.c_str(), link.c_str()) == 0);
    CHECK(State::open(util::join(link, "state"), 1));
    CHECK(State::read(util::join(link, "state")));
}

TEST_CASE("records that can't be written stay in memory until they can, and work goes on") {
    if (::geteuid() != 0) {
        MESSAGE("only root can mount a small disk");
        return;
    }
    Office office(at(kNov, 30, 11, 29));
    // Another process that writes for ever is what a full disk is: no write gets through.
    auto other = Database::open(State::path_in(office.folder.path()), Database::Mode::write);
    REQUIRE(other);
    {
        auto blocked = other->begin();
        REQUIRE(blocked);
        office.pass(1min);
        office.supervisor->tick(office.now()); // waits for its patience, then goes on
        CHECK(office.jobs_started() == 1);
        CHECK(std::ranges::any_of(office.telling.lines, [](const std::string& line) {
            return line.find("stay in memory") != std::string::npos;
        }));
    }
    office.works.end("vanphong", success());
    office.live(2min);
    CHECK(State::read(office.folder.path())->records().at("job:vanphong").last->outcome ==
          RunOutcome::done);
}

TEST_CASE("the last run is the one that began last, whatever the clock said then") {
    Office office(at(kNov, 30, 11, 29));
    office.live(10min);
    REQUIRE(office.jobs_started() == 1);
    office.cut();
    office.wall -= 6 * 365 * 24h; // the battery of the clock was empty, too
    office.boot(office.config);
    office.live(1min);
    office.works.end("vanphong", success());
    office.live(1min);
    CHECK(office.record().last->outcome == RunOutcome::done);
    office.cut();
    office.boot(office.config);
    CHECK(office.record().last->outcome == RunOutcome::done);
}
