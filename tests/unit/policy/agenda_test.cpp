// SPDX-License-Identifier: Apache-2.0
#include "policy/agenda.hpp"
#include "policy/time_zone.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace saoluu;
using namespace std::chrono_literals;
using policy::Agenda;
using policy::CalendarEvent;
using policy::Handled;
using Moment = Agenda::Moment;

namespace {

cctz::time_zone zone() {
    const auto found = policy::find_time_zone("Asia/Ho_Chi_Minh");
    REQUIRE(found);
    return *found;
}

Agenda agenda(const std::vector<std::string>& texts,
              std::optional<policy::SpecialDays> special = {}) {
    std::vector<CalendarEvent> events;
    for (const std::string& text : texts) {
        auto event = CalendarEvent::parse(text);
        REQUIRE_MESSAGE(event, text);
        events.push_back(*std::move(event));
    }
    return {std::move(events), zone(), std::move(special)};
}

Moment at(int year, int month, int day, int hour = 0, int minute = 0) {
    return std::chrono::time_point_cast<std::chrono::seconds>(
        cctz::convert(cctz::civil_second(year, month, day, hour, minute, 0), zone()));
}

std::vector<Moment> all_of(const Agenda& agenda, Moment from, Moment until) {
    std::vector<Moment> all;
    for (auto one = agenda.next(from); one && *one <= until; one = agenda.next(*one))
        all.push_back(*one);
    return all;
}

} // namespace

TEST_CASE("of several events the earliest comes next, and one moment comes once") {
    const Agenda both = agenda({"16:30", "Mon..Fri 11:30", "*-*-* 16:30"});
    CHECK(all_of(both, at(2026, 11, 27, 12), at(2026, 11, 30, 12)) ==
          std::vector{at(2026, 11, 27, 16, 30), at(2026, 11, 28, 16, 30), at(2026, 11, 29, 16, 30),
                      at(2026, 11, 30, 11, 30)});
    CHECK(both.last(at(2020, 1, 1), at(2026, 11, 28, 12)) == at(2026, 11, 27, 16, 30));
    CHECK_FALSE(both.last(at(2026, 11, 28, 12), at(2026, 11, 28, 13)));
    CHECK(agenda({"*-2-29"}).last(at(2020, 1, 1), at(2026, 1, 1)) == at(2024, 2, 29));
}

TEST_CASE("holidays are left out, and days that are worked in their place come in") {
    // 2 September 2026 is a Wednesday; Saturday the 5th is taken as worked for it.
    const policy::SpecialDays special{.holidays = {cctz::civil_day(2026, 9, 2)},
                                      .working = {cctz::civil_day(2026, 9, 5)}};
    CHECK(all_of(agenda({"Mon..Fri 11,16:30"}, special), at(2026, 9, 1, 12), at(2026, 9, 7)) ==
          std::vector{at(2026, 9, 1, 16, 30), at(2026, 9, 3, 11, 30), at(2026, 9, 3, 16, 30),
                      at(2026, 9, 4, 11, 30), at(2026, 9, 4, 16, 30), at(2026, 9, 5, 11, 30),
                      at(2026, 9, 5, 16, 30)});
}

TEST_CASE("runs that were missed are made up for once") {
    const Agenda twice = agenda({"Mon..Fri 11,16:30"});
    Handled handled = Handled::from(at(2026, 11, 23, 8));
    CHECK_FALSE(due(twice, handled, at(2026, 11, 23, 11, 29)));
    // Off for a week.
    const auto moment = due(twice, handled, at(2026, 11, 30, 9));
    REQUIRE(moment == at(2026, 11, 27, 16, 30));
    handle(handled, *moment);
    CHECK_FALSE(due(twice, handled, at(2026, 11, 30, 9, 1)));
    CHECK(due(twice, handled, at(2026, 11, 30, 11, 30)) == at(2026, 11, 30, 11, 30));
}

TEST_CASE("a run that lasts past its next time skips it") {
    const Agenda hourly = agenda({"hourly"});
    Handled handled = Handled::from(at(2026, 11, 23, 8));
    handle(handled, *due(hourly, handled, at(2026, 11, 23, 9)));
    CHECK(skip(hourly, handled, at(2026, 11, 23, 11, 20)) == at(2026, 11, 23, 11));
    CHECK_FALSE(due(hourly, handled, at(2026, 11, 23, 11, 59)));
    CHECK(due(hourly, handled, at(2026, 11, 23, 12)));
    CHECK_FALSE(skip(hourly, handled, at(2026, 11, 23, 11, 59)));
}

TEST_CASE("a clock that is set right by seconds brings nothing twice") {
    const Agenda daily = agenda({"11:30"});
    Handled handled = Handled::from(at(2026, 11, 23, 8));
    handle(handled, *due(daily, handled, at(2026, 11, 23, 11, 30)));
    CHECK_FALSE(due(daily, handled, at(2026, 11, 23, 11, 30) - 2s));
    CHECK_FALSE(due(daily, handled, at(2026, 11, 23, 11, 30)));
    CHECK_FALSE(due(daily, handled, at(2026, 11, 23, 10, 45)));
    CHECK_FALSE(due(daily, handled, at(2026, 11, 23, 12)));
}

TEST_CASE("a clock in another year goes on bringing runs, and a right one forgets none") {
    const Agenda daily = agenda({"11:30"});
    Handled handled = Handled::from(at(2026, 11, 23, 8));
    handle(handled, *due(daily, handled, at(2026, 11, 23, 11, 30)));
    // The battery is dead: 2010.
    CHECK_FALSE(due(daily, handled, at(2010, 1, 1, 0, 5)));
    const auto wrong = due(daily, handled, at(2010, 1, 1, 11, 31));
    REQUIRE(wrong == at(2010, 1, 1, 11, 30));
    handle(handled, *wrong);
    // Right again on the same day: nothing is due twice; the next day's is.
    CHECK_FALSE(due(daily, handled, at(2026, 11, 23, 20)));
    CHECK(due(daily, handled, at(2026, 11, 24, 11, 30)) == at(2026, 11, 24, 11, 30));
    // A clock that ran ahead for a while loses no run of the right time.
    Handled ahead = Handled::from(at(2026, 11, 23, 8));
    handle(ahead, *due(daily, ahead, at(2031, 1, 1, 12)));
    CHECK_FALSE(due(daily, ahead, at(2026, 11, 23, 9)));
    CHECK(due(daily, ahead, at(2026, 11, 23, 11, 30)) == at(2026, 11, 23, 11, 30));
}

namespace {

/// Three years of a machine, a minute a step.
struct Years {
    explicit Years(bool has_bad_clock) {
        const char* const given = std::getenv("SAOLUU_SEED");
        seed = given != nullptr ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
        std::mt19937 random(seed);
        const auto below = [&](int limit) {
            return static_cast<int>(random() % static_cast<unsigned>(limit));
        };
        Handled handled = Handled::from(begin);
        std::chrono::seconds offset{0}; // of the machine's clock
        Moment off_until = begin, busy_until = begin;
        bool was_busy = false;
        for (Moment real = begin; real < end; real += 1min) {
            if (below(20'000) == 0)
                off_until = real + std::chrono::minutes(below(60 * 24 * 10));
            if (has_bad_clock && below(100'000) == 0)
                offset = std::chrono::hours(below(24 * 8000) - 24 * 4000);
            else if (below(3'000) == 0)
                offset = 0s; // set right
            if (real < off_until || real < busy_until)
                continue;
            const Moment now = real + offset + std::chrono::seconds(below(30)); // it is NTP's
            if (was_busy)
                (void)skip(times, handled, now);
            was_busy = false;
            idle.insert(real);
            const auto moment = due(times, handled, now);
            if (!moment)
                continue;
            CHECK(*moment <= now);
            handle(handled, *moment);
            ++runs[*moment];
            at_real.push_back(real);
            busy_until = real + std::chrono::minutes(1 + below(10) * below(10) * below(10));
            was_busy = true;
        }
    }

    Agenda times = agenda({"Mon..Fri 11,16:30", "*-*~1 22:00"});
    Moment begin = at(2026, 1, 1), end = at(2029, 1, 1);
    unsigned seed = 0;
    std::set<Moment> idle;       ///< minutes at which the machine was on and ran nothing
    std::map<Moment, int> runs;  ///< for which moment, how often
    std::vector<Moment> at_real; ///< when they began, by a right clock
};

} // namespace

TEST_CASE("years of power cuts lose no run and double none") {
    const Years years(false);
    CAPTURE(years.seed);
    const std::vector<Moment> moments = all_of(years.times, years.begin, years.end - 1min);
    std::size_t on_time = 0;
    for (const Moment moment : moments) {
        const auto run = years.runs.find(moment);
        CHECK((run == years.runs.end() || run->second == 1));
        // Where the machine was on and idle a minute before too, no run had just lasted past it.
        if (years.idle.contains(moment) && years.idle.contains(moment - 1min)) {
            ++on_time;
            CHECK(run != years.runs.end());
        }
    }
    CHECK(on_time > moments.size() / 2);
    for (const auto& [moment, times] : years.runs)
        CHECK(std::ranges::binary_search(moments, moment));
}

TEST_CASE("years with a clock that is wrong at times still have their runs") {
    const Years years(true);
    CAPTURE(years.seed);
    CHECK(years.at_real.size() > 500);
    // Between two runs the machine is not on for longer than a weekend, or one by each of two
    // clocks.
    const std::vector<Moment> idle(years.idle.begin(), years.idle.end());
    const auto minutes_before = [&](Moment moment) {
        return std::ranges::lower_bound(idle, moment) - idle.begin();
    };
    for (std::size_t i = 1; i < years.at_real.size(); ++i)
        CHECK(minutes_before(years.at_real[i]) - minutes_before(years.at_real[i - 1]) <
              std::chrono::minutes(24h * 8).count());
}
