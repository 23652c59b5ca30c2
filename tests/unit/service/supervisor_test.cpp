// SPDX-License-Identifier: Apache-2.0
#include "office_case.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include <doctest/doctest.h>

using namespace saoluu;
using namespace saoluu::service;
using namespace std::chrono_literals;
using test::at;
using test::failure;
using test::kNov;
using test::Office;
using test::success;

TEST_CASE("a job runs at its times, and its next run is known") {
    Office office(at(kNov, 30, 8, 0));
    CHECK(office.supervisor->status(office.now()).jobs.front().next ==
          at(kNov, 30, 11, 30).time_since_epoch().count());
    office.live(3h + 29min);
    CHECK(office.jobs_started() == 0);
    office.live(1min);
    REQUIRE(office.jobs_started() == 1);
    CHECK(office.supervisor->status(office.now()).jobs.front().running);
    office.live(5min);
    office.works.end("vanphong", success("beef"));
    office.live(1min);
    CHECK(office.record().last->outcome == RunOutcome::done);
    CHECK(office.record().last->snapshot == "beef");
    CHECK(office.record().last->took == 6min);
    CHECK(office.record().last_success == office.record().last->ended);
    CHECK(office.telling.troubles.empty());
    office.live(10min);
    CHECK(office.jobs_started() == 1);
}

TEST_CASE("of runs that were missed the last is made up for, after a while chosen at random") {
    Office office(at(kNov, 30, 8, 0));
    office.cut();
    office.pass(5 * 24h); // a Saturday
    office.config.jobs.front().random_delay = 7min;
    office.random = [](std::int64_t most) { return most == 420 ? 300 : 0; };
    office.boot(office.config);
    office.works.started.clear();
    office.live(4min);
    CHECK(office.jobs_started() == 0);
    office.live(2min);
    REQUIRE(office.jobs_started() == 1);
    office.works.end("vanphong", success());
    office.live(24h);
    CHECK(office.jobs_started() == 1);
    CHECK(office.record().last->due == at(12, 4, 16, 30).time_since_epoch().count());
}

TEST_CASE("a run that lasts past its next time skips it and says so") {
    Office office(at(kNov, 30, 11, 29));
    office.live(6h);
    CHECK(office.jobs_started() == 1);
    office.works.end("vanphong", success());
    office.live(2h);
    CHECK(office.jobs_started() == 1);
    CHECK(office.record().last->skipped == 1);
    CHECK(std::ranges::any_of(office.telling.lines, [](const std::string& line) {
        return line.find("skipped") != std::string::npos;
    }));
}

TEST_CASE("a power cut in a run makes it be done again, and is in the records") {
    Office office(at(kNov, 30, 11, 29));
    office.live(10min);
    REQUIRE(office.jobs_started() == 1);
    office.cut();
    office.pass(20min);
    office.boot(office.config);
    office.live(1min);
    CHECK(office.record().last->outcome == RunOutcome::interrupted);
    REQUIRE(office.jobs_started() == 2);
    office.works.end("vanphong", success());
    office.live(1h);
    CHECK(office.jobs_started() == 2);
    CHECK(office.record().last->outcome == RunOutcome::done);
    CHECK(office.state->history("job:vanphong", 10)->size() == 2);
}

TEST_CASE("a daemon that is stopped asks its work to end, and does it again when it comes back") {
    Office office(at(kNov, 30, 11, 29));
    office.live(10min);
    office.supervisor->stop();
    CHECK_FALSE(office.supervisor->is_idle());
    office.supervisor->tick(office.now());
    CHECK(office.supervisor->is_idle());
    CHECK(office.record().last->outcome == RunOutcome::interrupted);
    CHECK(office.telling.troubles.empty());
    office.cut();
    office.boot(office.config);
    office.live(2min);
    CHECK(office.jobs_started() == 2);
}

TEST_CASE("a run that fails is tried again, and then people are told once it can't be helped") {
    Office office(at(kNov, 30, 11, 29));
    office.live(1min);
    office.works.end("vanphong", failure());
    office.live(9min);
    CHECK(office.jobs_started() == 1);
    CHECK_FALSE(office.telling.has(NoticeKind::failure, "vanphong"));
    office.live(3min);
    REQUIRE(office.jobs_started() == 2);
    office.works.end("vanphong", failure());
    office.live(32min);
    REQUIRE(office.jobs_started() == 3);
    CHECK_FALSE(office.telling.has(NoticeKind::failure, "vanphong"));
    office.works.end("vanphong", failure());
    office.live(1min);
    REQUIRE(office.telling.has(NoticeKind::failure, "vanphong"));
    CHECK(office.telling.troubles.begin()->second.error == ErrorKind::io);
    office.live(2h);
    CHECK(office.jobs_started() == 3);
    office.live(4h); // 16:30
    REQUIRE(office.jobs_started() == 4);
    office.works.end("vanphong", success());
    office.live(1min);
    CHECK(office.telling.troubles.empty());
}

TEST_CASE("what trying again can't help is told at once") {
    for (const ErrorKind kind : {ErrorKind::wrong_key, ErrorKind::usage, ErrorKind::refused}) {
        Office office(at(kNov, 30, 11, 29));
        office.live(1min);
        office.works.end("vanphong", failure(kind));
        office.live(1min);
        CHECK(office.telling.has(NoticeKind::failure, "vanphong"));
        office.live(2h);
        CHECK(office.jobs_started() == 1);
    }
}

TEST_CASE("an incomplete or suspect snapshot is told of until one is not") {
    Office office(at(kNov, 30, 11, 29));
    office.live(1min);
    WorkResult result = success();
    result.outcome = RunOutcome::incomplete;
    result.unreadable = 3;
    result.suspect = true;
    result.loss = {.before = 100, .now = 2};
    office.works.end("vanphong", result);
    office.live(1min);
    CHECK(office.telling.troubles.at({NoticeKind::incomplete, "vanphong"}).unreadable == 3);
    CHECK(office.telling.troubles.at({NoticeKind::suspect, "vanphong"}).loss.now == 2);
    CHECK(office.supervisor->status(office.now()).jobs.front().suspect);
    office.live(5h);
    office.works.end("vanphong", success());
    office.live(1min);
    CHECK(office.telling.troubles.empty());
}

TEST_CASE("a job that does not run becomes overdue, but not over days when nothing was due") {
    Office office(at(kNov, 30, 8, 0));
    office.live(4h);
    office.works.end("vanphong", success());
    office.live(6h);
    office.works.end("vanphong", success());
    office.works.held = {"vanphong"}; // whatever keeps it from running
    office.live(17h + 30min);         // Tuesday 11:30, 19 hours after the last
    CHECK_FALSE(office.telling.has(NoticeKind::overdue, "vanphong"));
    office.live(10h);
    REQUIRE(office.telling.has(NoticeKind::overdue, "vanphong"));
    CHECK(office.supervisor->status(office.now()).jobs.front().overdue);
    office.works.held.clear();
    office.live(1min);
    office.works.end("vanphong", success());
    office.live(2min);
    CHECK_FALSE(office.telling.has(NoticeKind::overdue, "vanphong"));

    // A weekend is longer than max_age.
    Office friday(at(12, 4, 16, 29));
    friday.live(1min);
    friday.works.end("vanphong", success());
    friday.live(64h, 5min); // Monday 8:30
    CHECK(friday.telling.troubles.empty());
    friday.works.held = {"vanphong"};
    friday.live(5h);
    CHECK(friday.telling.has(NoticeKind::overdue, "vanphong"));
}

TEST_CASE("a job whose schedule is over is overdue by its age") {
    Office office(at(kNov, 30, 8, 0));
    office.config.jobs.front().schedule = {"2026-11-30 11:30"};
    REQUIRE(office.supervisor->configure(office.config, office.now()));
    office.live(4h);
    office.works.end("vanphong", success());
    office.live(25h);
    CHECK_FALSE(office.telling.has(NoticeKind::overdue, "vanphong"));
    office.live(3h);
    CHECK(office.telling.has(NoticeKind::overdue, "vanphong"));
}

TEST_CASE("a job by hand only is overdue by its age alone") {
    Office office(at(kNov, 30, 8, 0));
    office.config.jobs.front().schedule.clear();
    REQUIRE(office.supervisor->configure(office.config, office.now()));
    office.live(25h, 5min);
    CHECK(office.telling.troubles.empty());
    office.live(2h, 5min);
    CHECK(office.telling.has(NoticeKind::overdue, "vanphong"));
    CHECK(office.jobs_started() == 0);
}

TEST_CASE("a job is run when it is asked for, once") {
    Office office(at(kNov, 30, 8, 0));
    REQUIRE(office.supervisor->ask_for("vanphong", office.now()));
    office.supervisor->tick(office.now());
    CHECK(office.jobs_started() == 1);
    CHECK(office.supervisor->ask_for("vanphong", office.now()).error().kind() == ErrorKind::exists);
    CHECK(office.supervisor->ask_for("ketoan", office.now()).error().kind() == ErrorKind::usage);
    office.works.end("vanphong", success());
    office.live(3h + 29min);
    CHECK(office.jobs_started() == 1);
    office.live(1min);
    CHECK(office.jobs_started() == 2); // its schedule goes on
}

TEST_CASE("a job that a person runs by hand is left alone, and so is its run in the records") {
    Office office(at(kNov, 30, 11, 29));
    office.cut();
    {
        auto other = State::open(office.folder.path(), office.unix_now());
        REQUIRE(other);
        other->begin({.id = 7, .task = "job:vanphong", .started = office.unix_now()});
        REQUIRE(other->save());
    }
    office.works.held = {"vanphong"};
    office.boot(office.config);
    office.live(10min);
    CHECK(office.jobs_started() == 0);
    CHECK(office.state->running().contains(7));
    CHECK(office.supervisor->status(office.now()).jobs.front().running);
    { // it ends, and its process says so in the records
        auto other = State::open(office.folder.path(), office.unix_now());
        Run run = other->running().at(7);
        run.ended = office.unix_now();
        run.outcome = RunOutcome::done;
        other->end(run);
        policy::handle(other->change(run.task, 0).handled, office.wall);
        REQUIRE(other->save());
    }
    office.works.held.clear();
    office.live(1min);
    CHECK(office.record().last_success.has_value());
    CHECK_FALSE(office.supervisor->status(office.now()).jobs.front().running);
}

TEST_CASE("at most two jobs run at once, and two of one store may") {
    Office office(at(kNov, 30, 11, 29));
    for (const char* name : {"a", "b"}) {
        office.config.jobs.push_back(office.config.jobs.front());
        office.config.jobs.back().name = name;
    }
    REQUIRE(office.supervisor->configure(office.config, office.now()));
    office.live(1min);
    CHECK(office.jobs_started() == 2);
    office.works.end("vanphong", success());
    office.live(1min);
    CHECK(office.jobs_started() == 3);
}

TEST_CASE("a config that makes no sense leaves all as it was") {
    Office office(at(kNov, 30, 8, 0));
    Config bad = office.config;
    bad.time_zone = "No/Where";
    CHECK_FALSE(office.supervisor->configure(bad, office.now()));
    office.live(3h + 30min);
    CHECK(office.jobs_started() == 1);
}

TEST_CASE("a job that is taken out of the config while it runs ends in peace") {
    Office office(at(kNov, 30, 11, 29));
    office.live(1min);
    Config without = office.config;
    without.jobs.clear();
    REQUIRE(office.supervisor->configure(without, office.now()));
    office.live(5min);
    office.works.end("vanphong", success());
    office.live(1min);
    CHECK(office.supervisor->is_idle());
    CHECK(office.supervisor->status(office.now()).jobs.empty());
    CHECK(office.state->history("job:vanphong", 1)->front().outcome == RunOutcome::done);
}

TEST_CASE("a clock that is set is told of, and one that drifts is not") {
    Office office(at(kNov, 30, 8, 0));
    office.live(5min);
    office.wall += 2min;
    office.live(1min);
    CHECK(office.telling.events.empty());
    office.wall -= 3h;
    office.live(1min);
    REQUIRE(office.telling.events.size() == 1);
    CHECK(office.telling.events.front().kind == NoticeKind::clock);
    CHECK(office.telling.events.front().clock_step == -3h);
}

TEST_CASE("the digest comes at its time, with what happened since the last") {
    Office office(at(kNov, 30, 7, 0));
    office.config.notify.digest = {"Mon 08:00"};
    REQUIRE(office.supervisor->configure(office.config, office.now()));
    office.live(2h);
    REQUIRE(office.telling.digests.size() == 1);
    office.live(2h + 30min);
    office.works.end("vanphong", success());
    office.live(6 * 24h, 10min);
    CHECK(office.telling.digests.size() == 1);
    office.live(24h, 10min);
    REQUIRE(office.telling.digests.size() == 2);
    CHECK(office.telling.digests.back().jobs.front().runs >= 1);
}

TEST_CASE("a run whose process outlives a killed daemon for a while is done again after that") {
    Office office(at(kNov, 30, 11, 29));
    office.live(10min);
    REQUIRE(office.jobs_started() == 1);
    office.cut();
    office.works.held = {"vanphong"}; // what it had started is about to end
    office.boot(office.config);
    office.live(2min);
    CHECK(office.jobs_started() == 1);
    CHECK(office.state->running().size() == 1);
    office.works.held.clear();
    office.live(2min);
    CHECK(office.jobs_started() == 2);
    office.works.end("vanphong", success());
    office.live(1min);
    CHECK(office.record().last->outcome == RunOutcome::done);
    CHECK(office.state->running().empty());
    CHECK(office.state->history("job:vanphong", 9)->size() == 2);
}

TEST_CASE("a job that runs often tells that it fails as one that runs seldom does") {
    for (const char* schedule : {"*:0/10", "*:0/30", "*-*-* *:00"}) {
        CAPTURE(schedule);
        Office office(at(kNov, 30, 8, 5));
        office.config.jobs.front().schedule = {schedule};
        office.config.jobs.front().max_age = {};
        REQUIRE(office.supervisor->configure(office.config, office.now()));
        office.works.at_once = [](const Order& order) -> std::optional<WorkResult> {
            return order.kind == Order::Kind::job ? failure()
                                                  : WorkResult{.outcome = RunOutcome::done};
        };
        office.live(2h);
        CHECK(office.telling.has(NoticeKind::failure, "vanphong"));
    }
}

TEST_CASE("a run that never ends is said to miss its times while it goes on") {
    Office office(at(kNov, 30, 11, 29));
    office.live(5h + 5min); // past 16:30
    CHECK(office.jobs_started() == 1);
    CHECK(std::ranges::any_of(office.telling.lines, [](const std::string& line) {
        return line.find("past its next time") != std::string::npos;
    }));
    office.works.end("vanphong", success());
    office.live(10min);
    CHECK(office.jobs_started() == 1);
    CHECK(office.record().last->skipped == 1);
}

TEST_CASE("whatever the config names is all that people are told of") {
    Office office(at(kNov, 30, 8, 0));
    CHECK(office.telling.known.jobs == std::vector<std::string>{"vanphong"});
    CHECK(office.telling.known.stores == std::vector<std::string>{"nas", "cloud"});
    office.config.jobs.clear();
    REQUIRE(office.supervisor->configure(office.config, office.now()));
    CHECK(office.telling.known.jobs.empty());
}
