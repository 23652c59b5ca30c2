// SPDX-License-Identifier: Apache-2.0
#include "util/text.hpp"

#include "saoluu/report.hpp"

#include <algorithm>

namespace saoluu {

using util::tr;

PageVerdict verdict_of(const CheckPage& page) {
    PageVerdict worst = page.stores.empty() ? PageVerdict::incomplete : PageVerdict::sound;
    for (const ReportedStore& store : page.stores) {
        const std::optional<CheckReport>& report = store.report;
        const PageVerdict one = !report                  ? PageVerdict::incomplete
                                : report->alarms > 0     ? PageVerdict::alarm
                                : report->damage > 0     ? PageVerdict::damaged
                                : report->unreadable > 0 ? PageVerdict::incomplete
                                                         : PageVerdict::sound;
        worst = std::max(worst, one);
    }
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
