// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/crew.hpp"
#include "engine/locked_events.hpp"
#include "repo/chunk_reader.hpp"
#include "repo/snapshot_set.hpp"

#include "saoluu/check.hpp"

#include <map>
#include <mutex>
#include <set>
#include <unordered_set>

namespace saoluu::engine {

/// Counts what a check finds while it passes it on.
class CheckEvents final : public Events {
public:
    explicit CheckEvents(Events& to) : to_(to) {}
    void progress(const Progress& progress) override { to_.progress(progress); }
    void finding(const Finding& finding) override;
    void count(const std::function<void(CheckReport&)>& change) { report_.with(change); }
    CheckReport report() {
        return report_.with([](const CheckReport& report) { return report; });
    }

private:
    LockedEvents to_;
    util::Guarded<CheckReport> report_;
};

/// What a check learns of packs: which are there, and which of their chunks can't be relied on.
struct PackFindings {
    std::map<format::PackId, std::uint64_t>
        listed;                   ///< size, of packs and of healed copies whose pack is gone
    std::set<format::PackId> bad; ///< missing, or bytes that don't have their hash
    /// (pack, frame) that did not open, where data was read: of a bad pack all others are good
    std::set<std::pair<format::PackId, std::uint32_t>> bad_frames;
    /// Packs of which not every frame was tried, or of which the index says things that their
    /// directory does not: nothing is known of what the index places there.
    std::set<format::PackId> untried;
    bool read_data = false;

    /// Whether a chunk at this place can be restored, as far as this check looked.
    [[nodiscard]] bool is_good(const repo::ChunkPlace& place) const;
};

/// L0: every object is one of ours, and small ones fit their own hash; second copies are there.
Result<void> check_listing(const repo::Access& access, CheckEvents& events, Crew& crew,
                           PackFindings& packs);

/// L2: the index segments that snapshots name are there, or replaced by others that are. This is
/// how a check without a reader's key sees that an index went away, and the packs that only it
/// named.
Result<void> check_segments(const repo::Access& access, const repo::Index& index,
                            const repo::SnapshotSet& snapshots, CheckEvents& events);

/// L1, L2, and with read_data the chunks: each pack is read once.
/// L1: its bytes have the hash in its name. L2: its directory opens, is signed by someone who may,
/// vouches for the frames' bytes, and agrees with the index; one that no index names belongs to no
/// snapshot. read_data: each frame opens and is what its id says.
Result<void> check_packs(const repo::Access& access, const repo::Index& index,
                         const repo::SnapshotSet& snapshots, unsigned threads, CheckEvents& events,
                         Crew& crew, PackFindings& packs);

/// Every chunk that a snapshot needs is there (and good, as far as check_packs looked).
Result<void> check_catalogs(const repo::Access& access, const repo::Index& index,
                            const repo::SnapshotSet& snapshots, CheckEvents& events, Crew& crew,
                            const PackFindings& packs);

} // namespace saoluu::engine
