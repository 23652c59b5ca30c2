// SPDX-License-Identifier: Apache-2.0
#include "engine/listing.hpp"
#include "engine/snapshot_access.hpp"
#include "util/text.hpp"

#include <utility>

namespace saoluu {
namespace engine {
namespace {

using util::message;
using util::tr;

/// One listing.
class ListRun {
public:
    ListRun(const repo::Access& access, const repo::Index& index, const repo::Snapshot& snapshot,
            const ListOptions& options, std::string below, Events& events, std::stop_token stop)
        : access_(access), snapshot_(snapshot), options_(options), below_(std::move(below)),
          damage_(events), stop_(std::move(stop)), chunks_(access, index) {}

    Result<ListSummary> run(const EachEntry& each) {
        if (options_.with_owners)
            TRY(load_owners());
        CatalogCursor cursor(access_, chunks_, snapshot_.record.domain, snapshot_.record.root_page,
                             below_, damage_.of(snapshot_));
        bool wants_more = true;
        while (wants_more && !cursor.at_end()) {
            TRY(go_on(stop_));
            if (cursor.at_page()) {
                TRY(cursor.enter());
                continue;
            }
            const format::Entry& entry = cursor.entry();
            wants_more = show(entry, each);
            const bool is_inner = entry.type == format::FileType::folder && entry.path != below_;
            if (is_inner && !options_.recursive)
                cursor.leave();
            else
                cursor.pass();
        }
        // Where the catalog is damaged, nobody knows.
        if (!found_ && damage_.places() == 0)
            return Failure(TRY(not_in(access_, chunks_, snapshot_, below_,
                                      message(tr("snapshot {}"), short_id()))));
        summary_.snapshot = snapshot_.record.session.hex();
        summary_.damaged = damage_.places();
        return summary_;
    }

private:
    [[nodiscard]] std::string short_id() const {
        return snapshot_.record.session.hex().substr(0, 12);
    }

    /// False: nothing more is wanted.
    bool show(const format::Entry& entry, const EachEntry& each) {
        found_ = found_ || entry.path == below_;
        if (entry.refused) {
            damage_.tell(snapshot_, entry.path, *entry.refused);
            return true;
        }
        if (entry.path == below_ && entry.type == format::FileType::folder)
            return true; // what lies in it is asked for
        count(summary_.counts, entry);
        EntryInfo info = info_of(entry);
        if (const auto user = owners_.users.find(entry.uid); user != owners_.users.end())
            info.user = user->second;
        if (const auto group = owners_.groups.find(entry.gid); group != owners_.groups.end())
            info.group = group->second;
        return each(info);
    }

    /// Without them, numbers do.
    Result<void> load_owners() {
        Result<format::Note> note = read_note(chunks_, snapshot_.record);
        if (note)
            owners_ = std::move(*note);
        else if (note.error().kind() == ErrorKind::wrong_key)
            return Failure(note.error());
        else
            damage_.tell(snapshot_, "", note.error().message());
        return {};
    }

    const repo::Access& access_;
    const repo::Snapshot& snapshot_;
    const ListOptions& options_;
    std::string below_;
    DamageTeller damage_;
    std::stop_token stop_;
    repo::ChunkReader chunks_;
    format::Note owners_;
    bool found_ = false;
    ListSummary summary_;
};

} // namespace
} // namespace engine

Result<ListSummary> list_path(Repository& repository, const ListOptions& options,
                              const EachEntry& each, Events& events, std::stop_token stop) {
    const repo::Access& access = repository.impl().access;
    TRY(access.may_read(util::tr("listing a snapshot")));
    std::string below = TRY(engine::as_catalog_path(options.from.path));
    const repo::History history = TRY(repo::load_history(access, events));
    const repo::Snapshot* snapshot = TRY(history.snapshots.resolve(options.from.snapshot, access));
    const repo::Index index = TRY(repo::Index::load(access, events));
    return engine::ListRun(access, index, *snapshot, options, std::move(below), events,
                           std::move(stop))
        .run(each);
}

} // namespace saoluu
