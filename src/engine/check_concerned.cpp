// SPDX-License-Identifier: Apache-2.0
#include "engine/check_run.hpp"

#include <algorithm>

namespace saoluu::engine {
namespace {

/// Whether this snapshot may use what that session stored: it is the session's, or came after it.
/// Within a client the chain says so, else their clocks.
bool is_after(const repo::Snapshot& snapshot, const repo::Snapshot& origin) {
    return snapshot.actor == origin.actor ? snapshot.record.sequence >= origin.record.sequence
                                          : snapshot.record.ended >= origin.record.started;
}

} // namespace

std::vector<CheckedSnapshot> describe(const repo::Access& access,
                                      const repo::SnapshotSet& snapshots) {
    std::vector<CheckedSnapshot> described;
    described.reserve(snapshots.snapshots.size());
    for (const repo::Snapshot& snapshot : snapshots.snapshots)
        described.push_back({.id = snapshot.record.session.hex(),
                             .job = snapshot.record.job,
                             .client = access.names_of(snapshot.actor).holder,
                             .started = snapshot.record.started});
    return described;
}

void tell_concerned(const repo::SnapshotSet& snapshots, const PackFindings& packs,
                    CheckEvents& events) {
    const std::vector<repo::Snapshot>& all = snapshots.snapshots;
    std::vector<bool> may_miss(all.size());
    for (const Concern& concern : packs.concerns) {
        // A session that made no snapshot leaves its packs to all that come later.
        const auto origin = std::ranges::find_if(all, [&](const repo::Snapshot& snapshot) {
            return concern.session == snapshot.record.session;
        });
        for (std::size_t i = 0; i < all.size(); ++i)
            if ((!concern.domain || concern.domain == all[i].record.domain) &&
                (origin == all.end() || is_after(all[i], *origin)))
                may_miss[i] = true;
    }
    events.count([&](CheckReport& report) {
        for (std::size_t i = 0; i < all.size(); ++i)
            if (may_miss[i])
                report.checked[i].state = CheckedSnapshot::State::may_miss;
    });
}

} // namespace saoluu::engine
