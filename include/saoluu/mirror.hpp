// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"

#include <cstdint>
#include <stop_token>
#include <string>

namespace saoluu {

struct MirrorOptions {
    /// A repository. Its key, of any role, is needed only where packs were condemned: which ones
    /// only a key tells.
    OpenOptions from;
    bool has_key = false; ///< `from` names a key
    std::string to;       ///< a copy of it; or an empty or new folder, bucket or prefix
    Reach reach_to = {};
    Retention retention = {}; ///< asked for of every object of a new copy
    bool dry_run = false;     ///< only tell what would be copied
    unsigned threads = 0;     ///< 0: as many as both stores serve well
};

struct MirrorReport {
    bool dry_run = false;
    bool is_new = false;         ///< `to` held no whole copy before
    std::uint64_t objects = 0;   ///< copied, or to be copied
    std::uint64_t bytes = 0;     ///< of them
    std::uint64_t packs = 0;     ///< of them
    std::uint64_t sessions = 0;  ///< of which `done` was copied: snapshots that count there now
    std::uint64_t present = 0;   ///< objects that were there already
    std::uint64_t left_out = 0;  ///< condemned packs
    std::uint64_t ended = 0;     ///< sessions that a clean-up ended: they hold no snapshot
    std::uint64_t damaged = 0;   ///< objects of which `from` has no good copy, or `to` a bad one
    std::uint64_t failed = 0;    ///< objects that could not be copied
    std::uint64_t unsettled = 0; ///< sessions that must wait until those can be
    std::uint64_t alarms = 0;
    double seconds = 0;
    [[nodiscard]] bool complete() const { return failed == 0 && unsettled == 0; }
};

/// Copies what `to` lacks of a repository, as it stands, each object verified by its name or its
/// self-check; sessions last, so that a snapshot counts there only when all that it needs is there.
/// Nothing is changed or removed at either side; run again it copies only what is missing. What is
/// damaged is told and left out.
/// errors: no_repository (`from`), refused (`to` holds other things), usage (a key is needed, or
/// both are one place), wrong_key, io, denied, no_space, interrupted
Result<MirrorReport> mirror(const MirrorOptions& options, Events& events, std::stop_token stop);

} // namespace saoluu
