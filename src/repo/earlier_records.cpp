// SPDX-License-Identifier: Apache-2.0
#include "repo/earlier_records.hpp"

#include <algorithm>

namespace saoluu::repo {
namespace {

/// Whether a commit is this actor's own, and may have come true, at any place.
bool is_own_and_stands(const Access& access, const Ledger& ledger, const LedgerItem& commit) {
    return commit.actor == access.keyring.actor() &&
           ledger.outcome_of(commit) != Ledger::Outcome::abandoned;
}

} // namespace

EarlierRecords EarlierRecords::of(const Access& access, const Ledger& ledger) {
    EarlierRecords earlier;
    for (const LedgerItem* commit : ledger.commits()) {
        const Result<format::Record> record = record_in(access, *commit);
        if (!record)
            continue;
        earlier.segments.insert(record->segments.begin(), record->segments.end());
        if (!is_own_and_stands(access, ledger, *commit) || record->incomplete ||
            record->counts.empty())
            continue;
        auto& last = earlier.last_of_job[record->job];
        last = std::max(last, std::pair(record->sequence, record->counts.front()));
    }
    return earlier;
}

std::optional<format::Record> last_record(const Access& access, const Ledger& ledger) {
    std::optional<format::Record> newest;
    for (const LedgerItem* commit : ledger.commits()) {
        if (!is_own_and_stands(access, ledger, *commit))
            continue;
        Result<format::Record> record = record_in(access, *commit);
        if (record && (!newest || newest->sequence < record->sequence))
            newest = std::move(*record);
    }
    return newest;
}

} // namespace saoluu::repo
