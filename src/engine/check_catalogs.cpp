// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash.hpp"
#include "engine/catalog_reader.hpp"
#include "engine/check_run.hpp"
#include "engine/snapshot_access.hpp"
#include "repo/damage.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace saoluu::engine {

using util::message;
using util::tr;

namespace {

/// Walks the catalogs of all snapshots. A leaf that several share is walked once if all in it is
/// whole; one that is not is walked for each, so that each names its own loss.
class CatalogCheck {
public:
    CatalogCheck(const repo::Access& access, const repo::Index& index, CheckEvents& events,
                 Crew& crew, const PackFindings& packs,
                 const std::function<void(const DamagedFile&)>& on_damaged_file)
        : access_(access), index_(index), events_(events), crew_(crew), packs_(packs),
          on_damaged_file_(on_damaged_file), chunks_(access, index) {}

    /// position: of the snapshot in CheckReport::checked
    Result<void> check(const repo::Snapshot& snapshot, std::size_t position) {
        record_ = &snapshot.record;
        position_ = position;
        is_damaged_ = false;
        pages_here_.clear();
        CatalogReader catalog(access_, chunks_, record_->domain);
        TRY(catalog.walk(
            record_->root_page, "", [this](const format::Entry& entry) { return visit(entry); },
            [this](const std::string& from, const Error& error) {
                tell(from,
                     message(tr("the catalog can't be read from here on: {}"), error.message()),
                     Extent::and_on);
            },
            [this](const format::ChunkId& page) { return enter(page); }));
        leave_page();
        TRY(check_note());
        if (is_damaged_)
            events_.count([&](CheckReport& report) {
                report.damaged_snapshots.push_back(record_->session.hex());
                report.checked[position].state = CheckedSnapshot::State::misses_files;
            });
        return {};
    }

private:
    bool enter(const format::ChunkId& page) {
        leave_page();
        // Nothing in a catalog comes twice; pages that say so could be walked for ever.
        if (!pages_here_.insert(page).second) {
            tell("", tr("a page of the catalog is in it more than once"));
            return false;
        }
        if (whole_leaves_.contains(page))
            return false;
        page_ = page;
        page_has_entries_ = false;
        page_is_damaged_ = false;
        return true;
    }

    /// The entries of a leaf all come before the next page.
    void leave_page() {
        if (page_ && page_has_entries_ && !page_is_damaged_)
            whole_leaves_.insert(*page_);
        page_.reset();
    }

    Result<void> check_note() {
        const Result<format::Note> note = read_note(chunks_, *record_);
        if (note)
            return {};
        const Error error = repo::as_damage(access_, note.error());
        if (error.kind() == ErrorKind::io)
            return Failure(error);
        is_damaged_ = true;
        events_.damage(DamageKind::files, record_->session.hex(),
                       message(tr("what this snapshot notes of its sources can't be read: {}"),
                               error.message()));
        return {};
    }

    Result<void> visit(const format::Entry& entry) {
        if (crew_.is_stopping())
            return fail(ErrorKind::interrupted, tr("interrupted"));
        page_has_entries_ = true;
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
        // A bad pack may still hold this chunk whole, and a healed copy what the pack has lost.
        const std::uint64_t size = TRY(size_by_reading(id));
        if (size != 0 && fits(size))
            return {};
        return fail(ErrorKind::corrupt,
                    message(tr("chunk {} of it is missing or damaged"), id.hex().substr(0, 16)));
    }

    /// The plain size of a chunk that no pack known to be good has; 0 if it can't be read. Each is
    /// read once.
    Result<std::uint64_t> size_by_reading(const format::ChunkId& id) {
        if (const auto known = read_.find(id); known != read_.end())
            return known->second;
        const Result<util::BytesView> plain =
            chunks_.read(format::ChunkKind::data, id, record_->domain);
        if (!plain && repo::as_damage(access_, plain.error()).kind() == ErrorKind::io)
            return Failure(plain.error());
        return read_[id] = plain ? plain->size() : 0;
    }

    enum class Extent { this_one, and_on };
    void tell(const std::string& path, const std::string& why, Extent extent = Extent::this_one) {
        is_damaged_ = true;
        page_is_damaged_ = true;
        const std::string shown = "/" + path;
        const std::string snapshot = record_->session.hex();
        if (on_damaged_file_)
            on_damaged_file_({shown, snapshot, record_->started, why, extent == Extent::and_on});
        const bool is_new = named_.insert(crypto::hash(util::as_bytes(shown))).second;
        events_.count([&](CheckReport& report) { note_path(report, shown, is_new, extent); });
        if (is_new)
            events_.damage(DamageKind::files, shown,
                           message(tr("snapshot {} of {}: {}"), snapshot.substr(0, 12),
                                   util::utc_time(record_->started), why));
    }

    void note_path(CheckReport& report, const std::string& path, bool is_new, Extent extent) {
        report.damaged_files += is_new ? 1 : 0;
        if (is_new && report.damaged_paths.size() < CheckReport::kNamedPaths) {
            positions_.emplace(path, report.damaged_paths.size());
            report.damaged_paths.push_back({path, false, {}});
        }
        const auto kept = positions_.find(path);
        if (kept == positions_.end())
            return;
        DamagedPath& known = report.damaged_paths[kept->second];
        known.and_on = known.and_on || extent == Extent::and_on;
        std::vector<std::size_t>& snapshots = known.snapshots;
        if (snapshots.empty() || snapshots.back() != position_)
            snapshots.push_back(position_);
    }

    const repo::Access& access_;
    const repo::Index& index_;
    CheckEvents& events_;
    Crew& crew_;
    const PackFindings& packs_;
    const std::function<void(const DamagedFile&)>& on_damaged_file_;
    repo::ChunkReader chunks_;
    // Of the snapshot that is walked, and the page.
    const format::Record* record_ = nullptr;
    std::size_t position_ = 0;
    bool is_damaged_ = false;
    std::unordered_set<format::ChunkId> pages_here_;
    std::optional<format::ChunkId> page_;
    bool page_has_entries_ = false;
    bool page_is_damaged_ = false;
    // Of all.
    std::unordered_set<format::ChunkId> whole_leaves_;
    KnownLists lists_;
    std::unordered_map<format::ChunkId, std::uint64_t> read_; ///< see size_by_reading
    std::set<crypto::Hash> named_;                            ///< hashes of damaged paths
    std::unordered_map<std::string, std::size_t> positions_;  ///< in CheckReport::damaged_paths
};

} // namespace

Result<void> check_catalogs(const repo::Access& access, const repo::Index& index,
                            const repo::SnapshotSet& snapshots,
                            const std::function<void(const DamagedFile&)>& on_damaged_file,
                            CheckEvents& events, Crew& crew, const PackFindings& packs) {
    CatalogCheck check(access, index, events, crew, packs, on_damaged_file);
    const std::uint64_t bytes = events.report().pack_bytes;
    for (std::size_t i = 0; i < snapshots.snapshots.size(); ++i) {
        events.progress({.files = i,
                         .total_files = snapshots.snapshots.size(),
                         .bytes = bytes,
                         .total_bytes = 0,
                         .current = snapshots.snapshots[i].record.session.hex()});
        TRY(check.check(snapshots.snapshots[i], i));
    }
    events.count([](CheckReport& report) { report.walked_catalogs = true; });
    return {};
}

} // namespace saoluu::engine
