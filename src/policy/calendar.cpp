// SPDX-License-Identifier: Apache-2.0
#include "policy/calendar.hpp"

#include <algorithm>

namespace saoluu::policy {
namespace {

constexpr int kLastYear = 2199; // as systemd has it

int days_of(cctz::civil_month month) {
    return static_cast<int>(cctz::civil_day(month + 1) - cctz::civil_day(month));
}

} // namespace

bool CalendarEvent::has(const Ranges& ranges, int value) {
    return ranges.empty() ||
           std::ranges::any_of(ranges, [&](const Range& range) { return range.has(value); });
}

/// The least value that is taken, from `value` to `most`.
std::optional<int> CalendarEvent::at_least(const Ranges& ranges, int value, int most) {
    for (; value <= most; ++value)
        if (has(ranges, value))
            return value;
    return std::nullopt;
}

bool CalendarEvent::is_on(cctz::civil_day day) const {
    const int number = days_from_end_ ? days_of(cctz::civil_month(day)) - day.day() + 1 : day.day();
    return (weekdays_.none() || weekdays_.test(static_cast<std::size_t>(cctz::get_weekday(day)))) &&
           has(years_, static_cast<int>(day.year())) && has(months_, day.month()) &&
           has(days_, number);
}

/// Years and months that are not taken are passed over whole.
std::optional<cctz::civil_day> CalendarEvent::day_at_least(cctz::civil_day day) const {
    while (day.year() <= kLastYear) {
        if (!has(years_, static_cast<int>(day.year())))
            day = cctz::civil_day(cctz::civil_year(day) + 1);
        else if (!has(months_, day.month()))
            day = cctz::civil_day(cctz::civil_month(day) + 1);
        else if (is_on(day))
            return day;
        else
            ++day;
    }
    return std::nullopt;
}

std::optional<CalendarEvent::Moment> CalendarEvent::first_on(cctz::civil_day day, Moment from,
                                                             const cctz::time_zone& zone) const {
    const cctz::time_zone& where = zone_ ? *zone_ : zone;
    const cctz::civil_second begin =
        std::max(cctz::civil_second(day), cctz::convert(from, where)); // NOLINT: by clock time
    if (cctz::civil_day(begin) != day)
        return std::nullopt;
    int hour_from = begin.hour(), minute_from = begin.minute(), second_from = begin.second();
    for (auto hour = at_least(hours_, hour_from, 23); hour;
         hour = at_least(hours_, *hour + 1, 23)) {
        if (*hour != begin.hour())
            minute_from = second_from = 0;
        for (auto minute = at_least(minutes_, minute_from, 59); minute;
             minute = at_least(minutes_, *minute + 1, 59)) {
            if (*hour != begin.hour() || *minute != begin.minute())
                second_from = 0;
            for (auto second = at_least(seconds_, second_from, 59); second;
                 second = at_least(seconds_, *second + 1, 59)) {
                const auto found = where.lookup(cctz::civil_second(
                    day.year(), day.month(), day.day(), *hour, *minute, *second));
                if (found.kind != cctz::time_zone::civil_lookup::SKIPPED && found.pre >= from)
                    return std::chrono::time_point_cast<std::chrono::seconds>(found.pre);
            }
        }
    }
    return std::nullopt;
}

std::optional<CalendarEvent::Moment> CalendarEvent::next(Moment after,
                                                         const cctz::time_zone& zone) const {
    const Moment from = after + std::chrono::seconds(1);
    cctz::civil_day day(cctz::convert(from, zone_ ? *zone_ : zone));
    while (const std::optional<cctz::civil_day> found = day_at_least(day)) {
        if (const std::optional<Moment> moment = first_on(*found, from, zone))
            return moment;
        day = *found + 1;
    }
    return std::nullopt;
}

} // namespace saoluu::policy
