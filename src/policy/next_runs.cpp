// SPDX-License-Identifier: Apache-2.0
#include "policy/agenda.hpp"
#include "policy/time_zone.hpp"
#include "util/text.hpp"

#include "saoluu/schedule.hpp"

#include <utility>

namespace saoluu {

Result<std::vector<UnixTime>> next_runs(const std::vector<std::string>& expressions,
                                        const std::string& zone, UnixTime from, std::size_t count) {
    const cctz::time_zone where = TRY(policy::find_time_zone(zone));
    std::vector<policy::CalendarEvent> events;
    for (const std::string& expression : expressions) {
        policy::CalendarEvent event = TRY(policy::CalendarEvent::parse(expression));
        if (!event.next(policy::CalendarEvent::Moment{}, where))
            return fail(ErrorKind::usage,
                        util::message(util::tr("\"{}\" never comes: there is no such day"),
                                      util::printable(expression)));
        events.push_back(std::move(event));
    }
    const policy::Agenda agenda(std::move(events), where);
    std::vector<UnixTime> runs;
    policy::Agenda::Moment at{std::chrono::seconds(from)};
    while (runs.size() < count) {
        const auto next = agenda.next(at);
        if (!next)
            break;
        at = *next;
        runs.push_back(at.time_since_epoch().count());
    }
    return runs;
}

} // namespace saoluu
