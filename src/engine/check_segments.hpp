// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/check_run.hpp"

namespace saoluu::engine {

/// The index, in which segments that can't be used are not told but collected.
/// errors: the store's
Result<repo::Index> load_index(const repo::Access& access, Events& events,
                               BadSegments& bad_segments,
                               repo::Index::Cache cache = repo::Index::Cache::used);

/// Index segments that should be there and are not, or can't be used.
struct Unreplaced {
    std::map<format::SegmentId, const repo::Snapshot*> missing; ///< and a snapshot that names it
    BadSegments bad;
    std::set<format::SegmentId> replaced; ///< bad, and not needed any more
};
/// errors: the store's
Result<Unreplaced> find_unreplaced(const repo::Access& access, const repo::Index& index,
                                   const repo::SnapshotSet& snapshots,
                                   const BadSegments& bad_segments);

} // namespace saoluu::engine
