// SPDX-License-Identifier: Apache-2.0
#include "util/text.hpp"

#include "saoluu/report.hpp"

#include <algorithm>

namespace saoluu {

using util::tr;

namespace {

/// Of a store that was not checked: what its opening came upon.
CheckVerdict verdict_of_opening(const ReportedStore& store) {
    const auto told = [&](Severity severity) {
        return std::ranges::any_of(
            store.findings, [&](const Finding& finding) { return finding.severity == severity; });
    };
    if (told(Severity::alarm))
        return CheckVerdict::alarm;
    return told(Severity::damage) || store.failed == ErrorKind::corrupt ? CheckVerdict::damaged
                                                                        : CheckVerdict::incomplete;
}

} // namespace

CheckVerdict verdict_of(const CheckPage& page) {
    CheckVerdict worst = page.stores.empty() ? CheckVerdict::incomplete : CheckVerdict::sound;
    for (const ReportedStore& store : page.stores)
        worst = std::max(worst, store.report ? store.report->verdict() : verdict_of_opening(store));
    return worst;
}

std::vector<std::string> why_not_counted(const CheckPage& page) {
    std::vector<std::string> reasons;
    const auto any = [&](auto holds) { return std::ranges::any_of(page.stores, holds); };
    if (any([](const ReportedStore& store) { return store.role == Role::backup; }))
        reasons.emplace_back(tr("it was made with a backup key, which can't read the documents: a "
                                "key of the role restore or admin is needed"));
    if (!page.read_data)
        reasons.emplace_back(tr("nothing was decrypted: --read-data is needed"));
    if (page.sample_percent < 100)
        reasons.emplace_back(tr("only a share was read"));
    if (page.stores.empty() || any([](const ReportedStore& store) { return !store.report; }))
        reasons.emplace_back(tr("not every store was checked"));
    if (any([](const ReportedStore& store) {
            return store.report && store.report->unreadable > 0;
        }))
        reasons.emplace_back(tr("not everything could be read"));
    return reasons;
}

} // namespace saoluu
