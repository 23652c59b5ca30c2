// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"

#include <cstdint>

namespace saoluu {

struct RepairIndexOptions {
    bool dry_run = false; ///< only tell what would be done
    unsigned threads = 0;
};

struct RepairIndexReport {
    bool dry_run = false;
    std::uint64_t packs = 0;             ///< listed
    std::uint64_t packs_added = 0;       ///< of which the index lacked chunks that it has now
    std::uint64_t chunks_added = 0;      ///< entries put
    std::uint64_t segments_put = 0;      ///< new index segments
    std::uint64_t segments_lost = 0;     ///< that snapshots name and that are missing or damaged
    std::uint64_t segments_wrong = 0;    ///< that say of packs what their directories do not
    std::uint64_t segments_replaced = 0; ///< of those two: others stand in for them now
    std::uint64_t segments_removed = 0;  ///< of those that lay there damaged or wrong
    std::uint64_t packs_left = 0;        ///< other keys' packs, which only an admin's key may add
    std::uint64_t segments_left = 0;     ///< lost or wrong, and not replaced
    std::uint64_t damaged_packs = 0;     ///< whose directory or frames can't be relied on
    std::uint64_t missing_packs = 0;     ///< that the index names
    std::uint64_t damaged_snapshots = 0; ///< that miss something all the same
    double seconds = 0;

    /// Nothing that was looked at is damaged for good.
    [[nodiscard]] bool sound() const {
        return damaged_packs == 0 && missing_packs == 0 && damaged_snapshots == 0;
    }
    /// Nothing is left that a key with more rights, or a store that lets objects be removed, could
    /// mend.
    [[nodiscard]] bool complete() const { return packs_left == 0 && segments_left == 0; }
};

/// Makes the index whole again from the directories of the packs: puts segments for what it lacks,
/// and, with an admin's key, replaces segments that are lost, damaged or wrong. Lost ones count as
/// replaced only if every snapshot then finds all that it needs, because packs that are gone leave
/// no other trace. Beside running backups it does no harm, and one that was interrupted can be run
/// again. A backup key adds only what it stored itself. Damage is reported as findings.
/// errors: wrong_key (a restore key may not sign an index), refused, unsupported (nothing may be
///         written now), io, denied, no_space, interrupted
Result<RepairIndexReport> repair_index(Repository& repository, const RepairIndexOptions& options,
                                       Events& events, std::stop_token stop);

} // namespace saoluu
