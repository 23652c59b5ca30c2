// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <array>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

namespace saoluu::policy {

/// Moments by the calendar: an expression in the form of systemd's OnCalendar, systemd.time(7),
/// without fractions of a second and "@" moments. "Mon..Fri 11,16:30" is 11:30 and 16:30 of
/// working days, "*-*~1 22:00" the last day of each month.
class CalendarEvent {
public:
    using Moment = std::chrono::sys_seconds;

    /// errors: usage, says which part makes no sense and how one is written
    static Result<CalendarEvent> parse(std::string_view text);

    /// The first moment behind `after`; nothing if none comes before the year 2200.
    /// zone: where the expression names none. A clock time that a change of the clock leaves out
    ///       does not come that day, one that it repeats comes once.
    [[nodiscard]] std::optional<Moment> next(Moment after, const cctz::time_zone& zone) const;

    /// Whether its date (not its time) takes this day.
    [[nodiscard]] bool is_on(cctz::civil_day day) const;
    /// The first of its times on a day, which need not be one of its dates, from `from` on.
    [[nodiscard]] std::optional<Moment> first_on(cctz::civil_day day, Moment from,
                                                 const cctz::time_zone& zone) const;

private:
    friend class CalendarParser;

    /// start, or start..stop, or start/repeat, or start..stop/repeat. Empty lists take everything.
    struct Range {
        int start = 0, stop = 0, repeat = 1;
        [[nodiscard]] bool has(int value) const {
            return value >= start && value <= stop && (value - start) % repeat == 0;
        }
    };
    using Ranges = std::vector<Range>;
    static bool has(const Ranges& ranges, int value);
    static std::optional<int> at_least(const Ranges& ranges, int value, int most);
    [[nodiscard]] std::optional<cctz::civil_day> day_at_least(cctz::civil_day day) const;

    std::bitset<7> weekdays_; ///< from Monday; none: all
    Ranges years_, months_, days_, hours_, minutes_, seconds_;
    bool days_from_end_ = false; ///< 1 is the month's last day
    std::optional<cctz::time_zone> zone_;
};

} // namespace saoluu::policy
