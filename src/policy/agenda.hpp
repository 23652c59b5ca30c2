// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/calendar.hpp"

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

namespace saoluu::policy {

/// Days that differ from what their weekday says: public holidays, and the Saturdays that a
/// government has worked in their place.
struct SpecialDays {
    std::set<cctz::civil_day> holidays, working;
};

/// When something is due.
class Agenda {
public:
    using Moment = CalendarEvent::Moment;

    /// special: with it nothing is due on a holiday, and on a day that is worked all the times of
    ///          day come that the events have, whatever weekdays they name
    Agenda(std::vector<CalendarEvent> events, cctz::time_zone zone,
           std::optional<SpecialDays> special = {});
    /// The same of texts.
    /// errors: usage (an expression, or the zone's name, is none)
    static Result<Agenda> of(const std::vector<std::string>& expressions, const std::string& zone);
    using Days = std::set<std::chrono::year_month_day>;
    [[nodiscard]] Agenda with(const Days& holidays, const Days& working) const;

    /// The first moment behind `after`; nothing if none comes.
    [[nodiscard]] std::optional<Moment> next(Moment after) const;
    /// The last moment behind `after` that is not behind `until`.
    [[nodiscard]] std::optional<Moment> last(Moment after, Moment until) const;

private:
    [[nodiscard]] std::optional<Moment> next_of(const CalendarEvent& event, Moment after) const;

    std::vector<CalendarEvent> events_;
    cctz::time_zone zone_;
    std::optional<SpecialDays> special_;
};

/// What is remembered of the moments that an agenda had, so that none is lost and none comes twice,
/// whatever happens to the machine and its clock. Kept over restarts, written before a run begins.
struct Handled {
    Agenda::Moment last;    ///< moments up to this are done with, by the clock as it went last
    Agenda::Moment highest; ///< the greatest that `last` ever was
    /// For an agenda that was made now.
    static Handled from(Agenda::Moment now) { return {now, now}; }
};

/// The moment that is to be run for now: of several that were missed the last. A clock that was set
/// back by more than an hour (a dead battery, a wrong year) is believed, so that backups go on by
/// it; when it is right again, what was done before the mishap stays done.
/// handled: learns of such a jump
std::optional<Agenda::Moment> due(const Agenda& agenda, Handled& handled, Agenda::Moment now);

/// A run for this moment begins, or is given up.
void handle(Handled& handled, Agenda::Moment moment);

/// A run has ended: the moments that came while it ran are not made up for.
/// returns: the last of them; nothing if none came
std::optional<Agenda::Moment> skip(const Agenda& agenda, Handled& handled, Agenda::Moment now);

} // namespace saoluu::policy
