// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/crew.hpp"
#include "engine/locked_events.hpp"
#include "format/names.hpp"
#include "repo/chunk_reader.hpp"
#include "repo/snapshot_set.hpp"

#include "saoluu/check.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

namespace saoluu::engine {

/// Counts what a check finds while it passes it on.
class CheckEvents final : public Events {
public:
    explicit CheckEvents(Events& to) : to_(to) {}
    void progress(const Progress& progress) override { to_.progress(progress); }
    /// The subject says of which kind it is, if it is damage.
    void finding(const Finding& finding) override;
    void damage(DamageKind kind, const std::string& subject, const std::string& text);
    /// An object that this user may not read.
    void unreadable(const std::string& subject, const Error& error);
    void count(const std::function<void(CheckReport&)>& change) { report_.with(change); }
    CheckReport report() {
        return report_.with([](const CheckReport& report) { return report; });
    }

private:
    LockedEvents to_;
    util::Guarded<CheckReport> report_;
};

/// Something damaged that snapshots may need: which session made it, for which dedup domain.
struct Concern {
    std::optional<format::SessionId> session; ///< none: not known
    std::optional<format::Domain> domain;     ///< none: any
};

/// What a check learns of packs: which are there, and which of their chunks can't be relied on.
struct PackFindings {
    struct Copy {
        format::PackId pack;
        std::string name;
        std::uint64_t size = 0;
    };
    std::map<format::PackId, std::uint64_t> listed; ///< size
    std::vector<Copy> copies;                       ///< healed ones
    /// Packs of which a copy has the right hash: it stands for the pack, whatever that is.
    std::map<format::PackId, std::string> healed;      ///< its name
    std::map<format::PackId, std::uint64_t> originals; ///< of those, what lies under its own name
    std::set<format::PackId> marked; ///< named by marks that count: a sweep may take them away
    /// Named by marks of other places alone: a mirror leaves them out.
    std::set<format::PackId> elsewhere;
    std::set<format::PackId> bad; ///< missing, or bytes that don't have their hash
    /// (pack, frame) that did not open, where data was read: of a bad pack all others are good
    std::set<std::pair<format::PackId, std::uint32_t>> bad_frames;
    /// Packs of which not every frame was tried, or of which the index says things that their
    /// directory does not: nothing is known of what the index places there.
    std::set<format::PackId> untried;
    std::set<format::PackId> hashed; ///< read whole: they have their hash
    std::vector<Concern> concerns;
    bool read_data = false;

    /// Whether a chunk at this place can be restored, as far as this check looked.
    [[nodiscard]] bool is_good(const repo::ChunkPlace& place) const;
};

using ChooseTurn =
    std::function<std::set<format::PackId>(const std::map<format::PackId, std::uint64_t>& sizes)>;

/// Index segments that can't be used, and why.
using BadSegments = std::map<format::SegmentId, Finding>;

/// L0: every object is one of ours, small ones fit their own hash, and what lies under a session is
/// that session's; second copies are there. Index segments that don't fit are collected: whether
/// they are missed is known later.
Result<void> check_listing(const repo::Access& access, CheckEvents& events, Crew& crew,
                           PackFindings& packs, BadSegments& bad_segments);

/// Whether an object of a session belongs there and is signed by someone who may; what is not is an
/// alarm. Of `done` the snapshots tell.
void check_session_object(const repo::Access& access, const format::names::SessionName& name,
                          util::BytesView object, CheckEvents& events);

/// What the marks that count condemn; a mark that can't be read is damage.
Result<void> check_marks(repo::Access& access, const repo::Ledger& ledger, CheckEvents& events,
                         PackFindings& packs);

/// L2: the index segments that snapshots name are there, or replaced by others that are. This is
/// how a check without a reader's key sees that an index went away, and the packs that only it
/// named.
Result<void> check_segments(const repo::Access& access, const repo::Index& index,
                            const repo::SnapshotSet& snapshots, const BadSegments& bad_segments,
                            CheckEvents& events, PackFindings& packs);

/// L1, L2, and with read_data the chunks: each pack is read once.
/// L1: its bytes have the hash in its name. L2: its directory opens, is signed by someone who may,
/// vouches for the frames' bytes, and agrees with the index; one that no index names belongs to no
/// snapshot. read_data: each frame opens and is what its id says.
/// Of packs that are not chosen for the sample only the directory is read; of those whose turn it
/// is not, nothing.
/// choose: whose turn it is, of packs and their sizes; none where all are looked at
Result<void> check_packs(const repo::Access& access, const repo::Index& index,
                         const repo::SnapshotSet& snapshots, const CheckOptions& options,
                         const ChooseTurn& choose, CheckEvents& events, Crew& crew,
                         PackFindings& packs);

/// Every chunk that a snapshot needs is there (and good, as far as check_packs looked). Names each
/// damaged path once as a finding, and each with its snapshot to `on_damaged_file`.
/// memory: what was found damaged, and 40 bytes for each page and each chunk that had to be read
Result<void> check_catalogs(const repo::Access& access, const repo::Index& index,
                            const repo::SnapshotSet& snapshots,
                            const std::function<void(const DamagedFile&)>& on_damaged_file,
                            CheckEvents& events, Crew& crew, const PackFindings& packs);

/// Without a reader's key: the snapshots that may need what is damaged are those of its dedup
/// domain from its session on. That is what a writer can know: later ones may have used it again.
void tell_concerned(const repo::SnapshotSet& snapshots, const PackFindings& packs,
                    CheckEvents& events);

/// Where objects are to be locked: which are not, or not any more. With a sample only that share of
/// them is asked for.
/// errors: the store's, where it can't be reached; interrupted
Result<void> check_locks(const repo::Access& access, const CheckOptions& options,
                         CheckEvents& events, Crew& crew);

/// Every snapshot as a person knows it, all of them whole so far.
std::vector<CheckedSnapshot> describe(const repo::Access& access,
                                      const repo::SnapshotSet& snapshots);

} // namespace saoluu::engine
