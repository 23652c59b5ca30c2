// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/ledger.hpp"

#include <vector>

namespace saoluu::repo {

/// A snapshot that counts (FORMAT.md 10.2).
struct Snapshot {
    format::Record record;
    format::ActorId actor;
};

/// What the sessions of a repository came to.
struct SnapshotSet {
    std::vector<Snapshot>
        snapshots; ///< by actor's chain: ascending by (start of the chain's first, sequence)
    std::uint64_t unfinished = 0; ///< sessions with `open` and no `done`
    std::uint64_t fenced = 0;
    std::uint64_t forgotten = 0;

    /// errors: not_found; usage where the beginning is not unique, or `latest` leaves several
    /// clients to choose from
    [[nodiscard]] Result<const Snapshot*> resolve(std::string_view name,
                                                  const Access& access) const;
};

/// Lists `snapshots/` and holds it against the ledger, which should be read after whatever may be
/// missing in it was committed: see load_history. Damage, lost and unaccounted-for objects are
/// told.
Result<SnapshotSet> load_snapshots(const Access& access, const Ledger& ledger, Events& events);

/// Ledger and snapshots as of one moment: a snapshot that is finished meanwhile is in neither, or
/// in both.
struct History {
    Ledger ledger;
    SnapshotSet snapshots;
};
Result<History> load_history(const Access& access, Events& events);

} // namespace saoluu::repo
