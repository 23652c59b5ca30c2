// SPDX-License-Identifier: Apache-2.0
#include "engine/listing.hpp"
#include "util/text.hpp"

#include <utility>

namespace saoluu {
namespace engine {
namespace {

using format::Entry;
using format::FileType;
using util::tr;

struct Side {
    const repo::Snapshot& snapshot;
    CatalogCursor cursor;
};

/// Goes through two catalogs side by side. Pages that both have are not read.
class Comparison {
public:
    Comparison(const repo::Access& access, const repo::Index& index, const repo::Snapshot& before,
               const repo::Snapshot& after, const DiffOptions& options, std::string below,
               const EachDifference& each, Events& events, std::stop_token stop)
        : access_(access), options_(options), below_(std::move(below)), each_(each),
          damage_(events), stop_(std::move(stop)), chunks_(access, index),
          has_same_ids_(before.record.domain == after.record.domain),
          before_{before, cursor_of(before)}, after_{after, cursor_of(after)} {
        if (!has_same_ids_)
            events.finding({Severity::notice, "",
                            tr("these snapshots are of computers that don't share deduplication: "
                               "their files are compared by size and time")});
    }

    Result<DiffSummary> run() {
        TRY(check_path());
        while (wants_more_ && !(before_.cursor.at_end() && after_.cursor.at_end())) {
            TRY(go_on(stop_));
            TRY(step());
        }
        summary_.before = before_.snapshot.record.session.hex();
        summary_.after = after_.snapshot.record.session.hex();
        summary_.damaged = damage_.places();
        return summary_;
    }

private:
    [[nodiscard]] CatalogCursor cursor_of(const repo::Snapshot& snapshot) {
        return {access_,
                chunks_,
                snapshot.record.domain,
                snapshot.record.root_page,
                below_,
                damage_.of(snapshot)};
    }

    /// Pages that both have hide it where neither has the path.
    Result<void> check_path() {
        if (below_.empty() || TRY(has_path(cursor_of(before_.snapshot), below_)) ||
            TRY(has_path(cursor_of(after_.snapshot), below_)) || damage_.places() > 0)
            return {};
        return Failure(
            TRY(not_in(access_, chunks_, after_.snapshot, below_, tr("either snapshot"))));
    }

    Result<void> step() {
        CatalogCursor& a = before_.cursor;
        CatalogCursor& b = after_.cursor;
        if (b.at_end() || (!a.at_end() && format::compare_paths(a.path(), b.path()) < 0))
            return step_alone(before_, after_);
        if (a.at_end() || format::compare_paths(b.path(), a.path()) < 0)
            return step_alone(after_, before_);
        if (a.at_page() && b.at_page())
            return step_at_pages();
        if (a.at_page())
            return a.enter();
        if (b.at_page())
            return b.enter();
        compare(a.entry(), b.entry());
        a.pass();
        b.pass();
        return {};
    }

    /// Two pages of the same first path. The higher one is taken apart first, so that both come to
    /// what they share.
    Result<void> step_at_pages() {
        CatalogCursor& a = before_.cursor;
        CatalogCursor& b = after_.cursor;
        if (a.page() == b.page()) {
            a.pass();
            b.pass();
            return {};
        }
        const unsigned level_a = a.level(), level_b = b.level();
        if (level_a >= level_b)
            TRY(a.enter());
        if (level_b >= level_a)
            TRY(b.enter());
        return {};
    }

    /// What `side` stands at comes before anything of the other.
    Result<void> step_alone(Side& side, const Side& other) {
        if (side.cursor.at_page())
            return side.cursor.enter();
        const Entry& entry = side.cursor.entry();
        if (is_usable(side, entry)) {
            if (other.cursor.may_have_lost(entry.path))
                ++summary_.unknown;
            else
                tell_alone(entry, &side == &before_);
        }
        side.cursor.pass();
        return {};
    }

    bool is_usable(const Side& side, const Entry& entry) {
        if (entry.refused)
            damage_.tell(side.snapshot, entry.path, *entry.refused);
        return !entry.refused;
    }

    void tell_alone(const Entry& entry, bool is_before) {
        DiffEntry found{.change = is_before ? Change::removed : Change::added,
                        .path = "/" + entry.path,
                        .before = {},
                        .after = {},
                        .differs = {}};
        (is_before ? found.before : found.after) = info_of(entry);
        ++(is_before ? summary_.removed : summary_.added);
        (is_before ? summary_.removed_bytes : summary_.added_bytes) += entry.size;
        wants_more_ = each_(found);
    }

    void compare(const Entry& before, const Entry& after) {
        const bool is_before_usable = is_usable(before_, before);
        if (!is_usable(after_, after) || !is_before_usable) {
            ++summary_.unknown;
            return;
        }
        DiffEntry found{.change = Change::metadata,
                        .path = "/" + after.path,
                        .before = info_of(before),
                        .after = info_of(after),
                        .differs = differences(before, after)};
        if (before.type != after.type) {
            found.change = Change::type;
            ++summary_.type;
            summary_.removed_bytes += before.size;
            summary_.added_bytes += after.size;
        } else if (found.differs.content) {
            found.change = Change::content;
            ++summary_.content;
            summary_.changed_bytes += after.size;
        } else if (is_told(found.differs, after.type)) {
            ++summary_.metadata;
        } else {
            return;
        }
        wants_more_ = each_(found);
    }

    [[nodiscard]] bool is_told(const Differences& differs, FileType type) const {
        const bool is_time_told =
            differs.time && (type != FileType::folder || options_.folder_times);
        return differs.mode || differs.owner || differs.group || differs.attributes || is_time_told;
    }

    [[nodiscard]] Differences differences(const Entry& a, const Entry& b) const {
        return {.content = a.type != b.type || !is_same_content(a, b),
                .mode = a.mode != b.mode,
                .owner = a.uid != b.uid,
                .group = a.gid != b.gid,
                .time = a.mtime_seconds != b.mtime_seconds ||
                        a.mtime_nanoseconds != b.mtime_nanoseconds,
                .attributes = a.xattrs != b.xattrs};
    }

    /// Of two entries of one type.
    [[nodiscard]] bool is_same_content(const Entry& a, const Entry& b) const {
        if (a.size != b.size || a.target != b.target || a.device_major != b.device_major ||
            a.device_minor != b.device_minor)
            return false;
        if (a.file_hash && b.file_hash)
            return a.file_hash == b.file_hash;
        if (has_same_ids_)
            return a.segments == b.segments;
        return a.type != FileType::file ||
               (a.mtime_seconds == b.mtime_seconds && a.mtime_nanoseconds == b.mtime_nanoseconds);
    }

    const repo::Access& access_;
    const DiffOptions& options_;
    std::string below_;
    const EachDifference& each_;
    DamageTeller damage_;
    std::stop_token stop_;
    repo::ChunkReader chunks_;
    bool has_same_ids_; ///< equal content has equal chunk ids
    Side before_, after_;
    bool wants_more_ = true;
    DiffSummary summary_;
};

} // namespace
} // namespace engine

Result<DiffSummary> diff_snapshots(Repository& repository, const DiffOptions& options,
                                   const EachDifference& each, Events& events,
                                   std::stop_token stop) {
    const repo::Access& access = repository.impl().access;
    TRY(access.may_read(util::tr("comparing snapshots")));
    std::string below = TRY(engine::as_catalog_path(options.path));
    const repo::History history = TRY(repo::load_history(access, events));
    const repo::Snapshot* before = TRY(history.snapshots.resolve(options.before, access));
    const repo::Snapshot* after = TRY(history.snapshots.resolve(options.after, access));
    const repo::Index index = TRY(repo::Index::load(access, events));
    return engine::Comparison(access, index, *before, *after, options, std::move(below), each,
                              events, std::move(stop))
        .run();
}

} // namespace saoluu
