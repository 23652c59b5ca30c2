// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/check_run.hpp"
#include "engine/index_agreement.hpp"
#include "repo/segment_writer.hpp"

#include "saoluu/repair.hpp"

#include <map>
#include <mutex>

namespace saoluu::engine {

/// What all parts of one repair share.
struct IndexRepair {
    repo::Access& access;
    const RepairIndexOptions& options;
    Events& events; ///< locked
    Crew& crew;
    RepairIndexReport report;
    repo::SegmentWriter writer;
    std::map<format::PackId, std::uint64_t> listed = {}; ///< size
    /// Packs of which the index says what their directory does not, and the directory.
    std::map<format::PackId, format::PackDirectory> contradicted = {};

    [[nodiscard]] bool may_replace() const { return access.self().may_administer(); }
};

/// Reads the directory of every pack and puts what the index lacks of it. Frames are believed where
/// the directory vouches for them; of a pack that was damaged a reader's key takes those that open
/// and are what their ids say.
/// errors: the store's, where it is gone as a whole; interrupted
Result<void> repair_packs(IndexRepair& repair, const repo::Index& index);

} // namespace saoluu::engine
