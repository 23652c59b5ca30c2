// SPDX-License-Identifier: Apache-2.0
#include "service/alarms.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace saoluu::service {
namespace {

constexpr UnixTime kRepeat = 24L * 3600;

auto same(NoticeKind kind, const std::string& about) {
    return
        [kind, &about](const Alarm& alarm) { return alarm.kind == kind && alarm.about == about; };
}

} // namespace

Alarms::Tell Alarms::raise(NoticeKind kind, const std::string& about, UnixTime now) {
    const auto at = std::ranges::find_if(open_, same(kind, about));
    if (at == open_.end()) {
        open_.push_back({.kind = kind, .about = about, .since = now, .told = now});
        return Tell::as_new;
    }
    // A clock that was set back by more than a day must not silence it until that has passed again.
    if (std::abs(now - at->told) < kRepeat)
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

const Alarm* Alarms::find(NoticeKind kind, const std::string& about) const {
    const auto at = std::ranges::find_if(open_, same(kind, about));
    return at == open_.end() ? nullptr : &*at;
}

} // namespace saoluu::service
