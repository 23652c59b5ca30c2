// SPDX-License-Identifier: Apache-2.0
#include "engine/check_run.hpp"

#include "format/names.hpp"
#include "util/text.hpp"

#include <string_view>

namespace saoluu::engine {
namespace {

/// Of which kind damage of an object is, by its name.
DamageKind kind_of(std::string_view subject) {
    using namespace format::names;
    if (subject.starts_with("/"))
        return DamageKind::files;
    if (subject.starts_with(kPacks))
        return DamageKind::packs;
    if (subject.starts_with(kIndex))
        return DamageKind::index;
    if (subject.starts_with(kSnapshots))
        return DamageKind::sessions;
    if (subject.starts_with(kLedger))
        return DamageKind::ledger;
    if (subject.starts_with(kMarks))
        return DamageKind::marks;
    if (subject.starts_with(kRosters) || subject.starts_with(kKeys) ||
        subject.starts_with(kFormat) || subject == kPlace || subject == kReadme)
        return DamageKind::copies;
    return DamageKind::other;
}

} // namespace

void CheckEvents::finding(const Finding& finding) {
    if (finding.severity == Severity::damage)
        return damage(kind_of(finding.subject), finding.subject, finding.text);
    report_.with([&](CheckReport& report) {
        if (finding.severity == Severity::alarm)
            ++report.alarms;
        if (finding.severity == Severity::warning)
            ++report.warnings;
    });
    to_.finding(finding);
}

void CheckEvents::damage(DamageKind kind, const std::string& subject, const std::string& text) {
    report_.with([&](CheckReport& report) {
        ++report.damage;
        ++report.kinds[kind];
    });
    to_.finding({Severity::damage, subject, text});
}

void CheckEvents::unreadable(const std::string& subject, const Error& error) {
    report_.with([](CheckReport& report) { ++report.unreadable; });
    finding({Severity::warning, subject,
             util::message(util::tr("this user may not read it, so it was not checked: {}"),
                           error.message())});
}

} // namespace saoluu::engine
