// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog_reader.hpp"
#include "engine/check_run.hpp"
#include "engine/damage.hpp"
#include "engine/snapshot_access.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace saoluu::engine {

using util::message;
using util::tr;

namespace {

/// Walks the catalogs of all snapshots; a page that several share is walked once.
class CatalogCheck {
public:
    CatalogCheck(const repo::Access& access, const repo::Index& index, CheckEvents& events,
                 Crew& crew, const PackFindings& packs)
        : access_(access), index_(index), events_(events), crew_(crew), packs_(packs),
          chunks_(access, index) {}

    Result<void> check(const repo::Snapshot& snapshot) {
        record_ = &snapshot.record;
        is_damaged_ = false;
        pages_here_.clear();
        events_.progress({.files = 0,
                          .total_files = 0,
                          .bytes = 0,
                          .total_bytes = 0,
                          .current = record_->session.hex()});
        CatalogReader catalog(access_, chunks_, record_->domain);
        TRY(catalog.walk(
            record_->root_page, "", [this](const format::Entry& entry) { return visit(entry); },
            [this](const std::string& from, const Error& error) {
                tell(from,
                     message(tr("the catalog can't be read from here on: {}"), error.message()));
            },
            [this](const format::ChunkId& page) {
                // Nothing in a catalog comes twice; pages that say so could be walked for ever.
                if (!pages_here_.insert(page).second) {
                    tell("", tr("a page of the catalog is in it more than once"));
                    return false;
                }
                // A page under damage is walked again for each snapshot, so that each names its own
                // loss.
                return damaged_pages_ || pages_.insert(page).second;
            }));
        if (const Result<format::Note> note = read_note(chunks_, *record_); !note) {
            const Error error = as_damage(access_, note.error());
            if (error.kind() == ErrorKind::io)
                return Failure(error);
            tell("", error.message());
        }
        if (is_damaged_) {
            const std::string id = record_->session.hex();
            events_.count([&](CheckReport& report) { report.damaged_snapshots.push_back(id); });
        }
        return {};
    }
    void walk_everything() { damaged_pages_ = true; }

private:
    Result<void> visit(const format::Entry& entry) {
        if (crew_.is_stopping())
            return fail(ErrorKind::interrupted, tr("interrupted"));
        if (entry.refused) {
            tell(entry.path, *entry.refused);
            return {};
        }
        const Result<void> whole = for_each_segment(
            access_, entry.segments, chunks_, record_->domain,
            [this](const format::Segment& segment) -> Result<void> {
                if (const auto* chunk = std::get_if<format::WholeChunk>(&segment))
                    return demand(chunk->id, chunk->length, chunk->length);
                if (const auto* part = std::get_if<format::PartOfChunk>(&segment))
                    return demand(part->id, part->offset + part->length,
                                  format::limits::kDataChunk);
                if (std::holds_alternative<format::UnknownSegment>(segment))
                    return fail(ErrorKind::unsupported,
                                tr("it is stored in a way that this version does not know"));
                return {};
            },
            &lists_);
        if (whole)
            return {};
        if (whole.error().kind() == ErrorKind::io || whole.error().kind() == ErrorKind::wrong_key)
            return whole;
        tell(entry.path, whole.error().message());
        return {};
    }

    /// A data chunk of so many plain bytes.
    Result<void> demand(const format::ChunkId& id, std::uint64_t least, std::uint64_t most) {
        const auto fits = [&](std::uint64_t size) { return size >= least && size <= most; };
        const std::vector<repo::ChunkPlace> places = index_.find(format::ChunkKind::data, id);
        const bool good = std::ranges::any_of(places, [&](const repo::ChunkPlace& place) {
            return fits(place.plain_size) && packs_.is_good(place);
        });
        if (good)
            return {};
        if (const auto known = read_.find(id); known != read_.end() && fits(known->second))
            return {};
        // A healed copy may hold what the pack itself has lost.
        const Result<util::BytesView> plain =
            chunks_.read(format::ChunkKind::data, id, record_->domain);
        if (plain)
            read_.emplace(id, plain->size());
        if (plain && fits(plain->size()))
            return {};
        if (!plain && as_damage(access_, plain.error()).kind() == ErrorKind::io)
            return Failure(plain.error());
        return fail(ErrorKind::corrupt,
                    message(tr("chunk {} of it is missing or damaged"), id.hex().substr(0, 16)));
    }

    void tell(const std::string& path, const std::string& why) {
        is_damaged_ = true;
        events_.finding({Severity::damage, "/" + path,
                         message(tr("snapshot {} of {}: {}"), record_->session.hex().substr(0, 12),
                                 util::utc_time(record_->started), why)});
    }

    const repo::Access& access_;
    const repo::Index& index_;
    CheckEvents& events_;
    Crew& crew_;
    const PackFindings& packs_;
    repo::ChunkReader chunks_;
    const format::Record* record_ = nullptr;
    bool is_damaged_ = false;
    bool damaged_pages_ = false;
    std::unordered_set<format::ChunkId> pages_;      ///< walked
    std::unordered_set<format::ChunkId> pages_here_; ///< walked in this snapshot
    KnownLists lists_;
    std::unordered_map<format::ChunkId, std::uint64_t>
        read_; ///< plain sizes of chunks that were read here, because no pack was known to be good
};

} // namespace

Result<void> check_catalogs(const repo::Access& access, const repo::Index& index,
                            const repo::SnapshotSet& snapshots, CheckEvents& events, Crew& crew,
                            const PackFindings& packs) {
    CatalogCheck check(access, index, events, crew, packs);
    // With nothing bad among the packs no page can hide a loss twice; else every snapshot is walked
    // whole.
    const CheckReport so_far = events.report();
    if (so_far.damage != 0 || so_far.alarms != 0)
        check.walk_everything();
    for (const repo::Snapshot& snapshot : snapshots.snapshots)
        TRY(check.check(snapshot));
    return {};
}

} // namespace saoluu::engine
