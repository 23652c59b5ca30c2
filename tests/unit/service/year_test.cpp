// SPDX-License-Identifier: Apache-2.0
// Years of an office, at random: power cuts at any moment, a clock that jumps, a store that is gone
// for days, a config file that is edited. Every run that was due is done or told, and none twice.
#include "service_case.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>

#include <doctest/doctest.h>

using namespace saoluu;
using namespace saoluu::service;
using namespace std::chrono_literals;
using std::chrono::seconds;
using test::failure;
using test::Machine;
using test::success;

namespace {

const Moment kStart = std::chrono::sys_days(std::chrono::year(2026) / 1 / 5); // a Monday, 7:00

class Office {
public:
    explicit Office(unsigned seed) : random_(seed), machine_(kStart) {
        machine_.random = [this](std::int64_t most) { return up_to(most); };
        machine_.works.at_once = [](const Order& order) -> std::optional<WorkResult> {
            if (order.kind == Order::Kind::job)
                return {};
            return WorkResult{.outcome = RunOutcome::done}; // others are not what this is about
        };
        machine_.works.on_start = [this](const Order& order) { starts(order); };
        machine_.telling.on_trouble = [this](const Notice& notice) { told(notice); };
        Config config = test::office_config();
        config.jobs.push_back(config.jobs.front());
        config.jobs.back().name = "ketoan";
        config.jobs.back().schedule = {"*-*-* 12:00", "Sat 09:15"};
        config.jobs.back().max_age = std::chrono::hours(50);
        machine_.boot(config);
        boot_agendas();
    }

    void live_for(std::chrono::days time) {
        const Moment end = true_time_ + time;
        while (true_time_ < end) {
            if (is_on_)
                go_on();
            else
                stay_off();
        }
    }

    void check_end() {
        // The records agree: each due moment of the right clock was done once.
        for (const auto& entry : agendas_) {
            const std::string& job = entry.first;
            const auto history = machine_.state->history("job:" + job, 5000);
            REQUIRE(history);
            std::map<UnixTime, int> done;
            for (const Run& run : *history)
                if (run.outcome == RunOutcome::done)
                    ++done[run.due];
            std::size_t doubled = 0;
            // A clock that began anew in 2020 comes to the same hours each time.
            for (const auto& [due, times] : done)
                doubled += times > 1 && Moment(seconds(due)) >= kStart && !set_back_.contains(due)
                               ? 1U
                               : 0U;
            CAPTURE(job);
            CHECK(doubled == 0);
            CHECK(done.size() > 100);
        }
        CHECK(cuts_ > 20);
        CHECK(told_ > 5);
    }

private:
    static constexpr seconds kStep = 5min;

    std::int64_t up_to(std::int64_t most) {
        return most <= 0 ? 0 : std::uniform_int_distribution<std::int64_t>(0, most)(random_);
    }
    bool chance(double of) { return std::bernoulli_distribution(of)(random_); }

    void pass(seconds time) {
        true_time_ += time;
        machine_.pass(time);
    }
    bool clock_is_right() const {
        const auto off = machine_.wall - true_time_;
        return off < 1min && off > -1min;
    }

    void boot_agendas() {
        agendas_.clear();
        for (const JobConfig& job : machine_.config.jobs) {
            const auto agenda = policy::Agenda::of(job.schedule, machine_.config.time_zone);
            REQUIRE(agenda);
            agendas_.emplace(job.name, *agenda);
        }
    }

    void starts(const Order& order) {
        if (order.kind != Order::Kind::job)
            return;
        REQUIRE_MESSAGE(!ends_.contains(order.name), "a job runs twice at once");
        // Mostly minutes; now and then, as at the first time, longer than to the next.
        ends_[order.name] = true_time_ + (chance(0.02) ? 6h : seconds(60 + up_to(40 * 60)));
    }

    void end_runs() {
        for (auto ended = ends_.begin(); ended != ends_.end();) {
            if (ended->second > true_time_) {
                ++ended;
                continue;
            }
            const bool is_away = true_time_ < store_away_until_;
            machine_.works.end(ended->first, is_away ? failure() : success());
            if (!is_away)
                is_dealt_with(ended->first);
            ended = ends_.erase(ended);
        }
    }

    /// A clock that is fast comes to moments that by the right time are yet to come: what was done
    /// for them is done, and what was skipped is skipped.
    void is_dealt_with(const std::string& job) {
        waiting_[job].clear();
        done_until_[job] = std::max(done_until_[job], machine_.wall);
    }

    void told(const Notice& notice) {
        if (notice.kind != NoticeKind::failure && notice.kind != NoticeKind::overdue)
            return;
        told_ += waiting_[notice.about].empty() ? 0 : 1;
        is_dealt_with(notice.about);
    }

    /// What is due by the right time, which the tool is to notice whatever its clock said before.
    void note_due(seconds time) {
        for (const auto& [job, agenda] : agendas_)
            for (auto due = agenda.next(true_time_ - time); due && *due <= true_time_;
                 due = agenda.next(*due))
                if (*due > done_until_[job])
                    waiting_[job][*due] = up_time_;
    }

    void check_nothing_is_forgotten() {
        // A run takes 40 minutes, or 6 hours; a job waits for another; tries come after 10 and 30.
        constexpr seconds kPatience = 14h;
        for (const auto& entry : waiting_)
            for (const auto& waiting : entry.second) {
                const std::string& job = entry.first;
                const Moment due = waiting.first;
                const seconds since = waiting.second;
                CAPTURE(job);
                CAPTURE((due - kStart).count() / 86400);
                REQUIRE(up_time_ - since < kPatience);
            }
    }

    void cut_power() {
        ++cuts_;
        machine_.cut();
        ends_.clear();
        is_on_ = false;
        if (chance(0.03)) // the battery of the clock is empty: it begins anew
            clock_error_ = std::chrono::sys_days(std::chrono::year(2020) / 1 / 1) - true_time_;
    }

    void stay_off() {
        const seconds off = chance(0.8) ? seconds(60 + up_to(4 * 3600)) : seconds(up_to(4 * 86400));
        pass(off);
        note_due(off);
        machine_.wall = true_time_ + clock_error_;
        machine_.boot(machine_.config);
        machine_.works.started.clear();
        is_on_ = true;
        off_at_ = true_time_ + (chance(0.5) ? 9h : seconds(up_to(3 * 86400)));
    }

    void go_on() {
        pass(kStep);
        note_due(kStep);
        end_runs();
        if (chance(0.0001))
            clock_error_ = seconds(up_to(7200)) - 1h; // somebody sets it
        if (clock_error_.count() != 0 && chance(0.01))
            clock_error_ = 0s; // the network is back, and NTP with it
        const Moment wall = true_time_ + clock_error_;
        if (wall < machine_.wall) // then hours come again, by the clock
            for (const auto& [job, agenda] : agendas_)
                for (auto due = agenda.next(wall); due && *due <= machine_.wall;
                     due = agenda.next(*due))
                    set_back_.insert(due->time_since_epoch().count());
        machine_.wall = wall;
        if (clock_is_right())
            up_time_ += kStep;
        if (true_time_ > store_away_until_ && chance(0.0005))
            store_away_until_ = true_time_ + seconds(up_to(7 * 86400));
        if (chance(0.0005))
            edit_config();
        // The power may go at any moment: before this step, or behind it.
        if (chance(0.001) || true_time_ > off_at_)
            return cut_power();
        machine_.supervisor->tick(machine_.now());
        check_nothing_is_forgotten();
    }

    void edit_config() {
        Config config = machine_.config;
        JobConfig& job = config.jobs.back();
        job.schedule = chance(0.5) ? std::vector<std::string>{"*-*-* 12:00", "Sat 09:15"}
                                   : std::vector<std::string>{"*-*-* 10,15:20"};
        machine_.config = config;
        REQUIRE(machine_.supervisor->configure(config, machine_.now()));
        boot_agendas();
        waiting_[job.name].clear(); // what the old schedule had
    }

    std::mt19937 random_;
    Machine machine_;
    Moment true_time_ = kStart;
    seconds clock_error_{0};
    seconds up_time_{0}; ///< with the right clock
    bool is_on_ = true;
    Moment off_at_ = kStart + 9h;
    Moment store_away_until_ = kStart;
    std::map<std::string, policy::Agenda> agendas_;
    std::map<std::string, Moment> ends_;
    std::map<std::string, std::map<Moment, seconds>> waiting_; ///< due -> up time then
    std::map<std::string, Moment> done_until_;
    std::set<UnixTime> set_back_; ///< moments that the clock came to twice
    int cuts_ = 0, told_ = 0;
};

} // namespace

TEST_CASE("in years of power cuts, wrong clocks and lost stores every due run is done or told") {
    std::random_device device;
    const char* const named = std::getenv("SAOLUU_SEED");
    const unsigned seed = named != nullptr ? static_cast<unsigned>(std::atoi(named)) : device();
    for (const unsigned one : {7U, seed}) {
        CAPTURE(one); // SAOLUU_SEED=… repeats it
        Office office(one);
        office.live_for(std::chrono::days(366));
        office.check_end();
    }
}
