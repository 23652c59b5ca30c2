// SPDX-License-Identifier: Apache-2.0
#include "policy/agenda.hpp"

#include "policy/time_zone.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace saoluu::policy {
namespace {

using Moment = Agenda::Moment;
constexpr std::chrono::hours kJump{1};
/// Most agendas have a moment within this; looking back over years costs more.
constexpr std::chrono::hours kNear{24 * 40};

void take_earlier(std::optional<Moment>& best, const std::optional<Moment>& other) {
    if (other && (!best || *other < *best))
        best = other;
}

} // namespace

Agenda::Agenda(std::vector<CalendarEvent> events, cctz::time_zone zone,
               std::optional<SpecialDays> special)
    : events_(std::move(events)), zone_(std::move(zone)), special_(std::move(special)) {}

Result<Agenda> Agenda::of(const std::vector<std::string>& expressions, const std::string& zone) {
    std::vector<CalendarEvent> events;
    for (const std::string& expression : expressions)
        events.push_back(TRY(CalendarEvent::parse(expression)));
    return Agenda(std::move(events), TRY(find_time_zone(zone)));
}

Agenda Agenda::with(const Days& holidays, const Days& working) const {
    const auto civil = [](const Days& days) {
        std::set<cctz::civil_day> all;
        for (const std::chrono::year_month_day day : days)
            all.emplace(static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                        static_cast<unsigned>(day.day()));
        return all;
    };
    return {events_, zone_, SpecialDays{.holidays = civil(holidays), .working = civil(working)}};
}

std::optional<Moment> Agenda::next_of(const CalendarEvent& event, Moment after) const {
    std::optional<Moment> best = event.next(after, zone_);
    if (!special_)
        return best;
    while (best && special_->holidays.contains(cctz::civil_day(cctz::convert(*best, zone_)))) {
        const cctz::civil_day day(cctz::convert(*best, zone_));
        const auto next_day = std::chrono::time_point_cast<std::chrono::seconds>(
            cctz::convert(cctz::civil_second(day + 1), zone_));
        best = event.next(next_day - std::chrono::seconds(1), zone_);
    }
    const Moment from = after + std::chrono::seconds(1);
    for (auto day = special_->working.lower_bound(cctz::civil_day(cctz::convert(from, zone_)));
         day != special_->working.end(); ++day)
        if (const std::optional<Moment> found = event.first_on(*day, from, zone_)) {
            take_earlier(best, found);
            break; // later days come later
        }
    return best;
}

std::optional<Moment> Agenda::next(Moment after) const {
    std::optional<Moment> best;
    for (const CalendarEvent& event : events_)
        take_earlier(best, next_of(event, after));
    return best;
}

std::optional<Moment> Agenda::last(Moment after, Moment until) const {
    const auto last_behind = [&](Moment from) {
        std::optional<Moment> found;
        for (std::optional<Moment> one = next(from); one && *one <= until; one = next(*one))
            found = one;
        return found;
    };
    if (until - after > kNear)
        if (const std::optional<Moment> found = last_behind(until - kNear))
            return found;
    return last_behind(after);
}

std::optional<Moment> due(const Agenda& agenda, Handled& handled, Moment now) {
    if (now < handled.last - kJump)
        handled.last = now;
    const Moment done =
        handled.highest <= now ? std::max(handled.highest, handled.last) : handled.last;
    return agenda.last(done, now);
}

void handle(Handled& handled, Moment moment) {
    handled.last = std::max(handled.last, moment);
    handled.highest = std::max(handled.highest, moment);
}

std::optional<Moment> skip(const Agenda& agenda, Handled& handled, Moment now) {
    const std::optional<Moment> missed = due(agenda, handled, now);
    if (missed)
        handle(handled, *missed);
    return missed;
}

} // namespace saoluu::policy
