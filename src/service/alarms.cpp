// SPDX-License-Identifier: Apache-2.0
#include "service/alarms.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace saoluu::service {
namespace {

constexpr UnixTime kDay = 24L * 3600;
/// A daily run that ends a little sooner than the day before is one of the next day.
constexpr UnixTime kEarly = 3600;
constexpr UnixTime kLeastPause = kDay / 2;

/// Days since it began, counted so that reminders come at the same time of the day.
UnixTime day_of(const Alarm& alarm, UnixTime at) {
    const UnixTime since = at - alarm.since + kEarly;
    return since >= 0 ? since / kDay : -((-since + kDay - 1) / kDay);
}

auto same(NoticeKind kind, const std::string& about) {
    return
        [kind, &about](const Alarm& alarm) { return alarm.kind == kind && alarm.about == about; };
}

enum class Concern { job, store, machine };

Concern concern_of(NoticeKind kind) {
    switch (kind) {
    case NoticeKind::failure:
    case NoticeKind::incomplete:
    case NoticeKind::overdue:
    case NoticeKind::suspect:
        return Concern::job;
    case NoticeKind::damage:
    case NoticeKind::tampering:
    case NoticeKind::check_failed:
    case NoticeKind::store_nearly_full:
    case NoticeKind::check_due:
    case NoticeKind::check_overdue:
    case NoticeKind::key_expires:
        return Concern::store;
    case NoticeKind::clock:
    case NoticeKind::state_rebuilt:
    case NoticeKind::digest:
    case NoticeKind::test:
    case NoticeKind::recovered:
        break;
    }
    return Concern::machine;
}

} // namespace

Alarms::Tell Alarms::raise(NoticeKind kind, const std::string& about, UnixTime now,
                           std::optional<UnixTime> due) {
    auto at = std::ranges::find_if(open_, same(kind, about));
    if (at != open_.end() && kind == NoticeKind::key_expires && at->due && due && at->due != due) {
        open_.erase(at);
        at = open_.end();
    }
    if (at == open_.end()) {
        open_.push_back({.kind = kind, .about = about, .since = now, .told = now, .due = due});
        return Tell::as_new;
    }
    at->due = due;
    // A clock that was set back by more than a day must not silence it until that has passed again.
    if (day_of(*at, now) == day_of(*at, at->told) || std::abs(now - at->told) < kLeastPause)
        return Tell::no;
    at->told = now;
    return Tell::as_reminder;
}

std::optional<Alarm> Alarms::clear(NoticeKind kind, const std::string& about) {
    const auto at = std::ranges::find_if(open_, same(kind, about));
    if (at == open_.end())
        return {};
    std::optional<Alarm> was = std::move(*at);
    open_.erase(at);
    return was;
}

bool Alarms::only_of(const std::vector<std::string>& jobs, const std::vector<std::string>& stores) {
    const auto is_of_others = [&](const Alarm& alarm) {
        const Concern concern = concern_of(alarm.kind);
        const std::vector<std::string>& known = concern == Concern::job ? jobs : stores;
        return concern != Concern::machine && std::ranges::find(known, alarm.about) == known.end();
    };
    return std::erase_if(open_, is_of_others) > 0;
}

const Alarm* Alarms::find(NoticeKind kind, const std::string& about) const {
    const auto at = std::ranges::find_if(open_, same(kind, about));
    return at == open_.end() ? nullptr : &*at;
}

} // namespace saoluu::service
