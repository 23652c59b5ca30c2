// SPDX-License-Identifier: Apache-2.0
#include "engine/listing.hpp"

#include "util/text.hpp"

namespace saoluu::engine {

using format::Entry;
using util::message;
using util::tr;

namespace {

EntryType type_of(format::FileType type) {
    switch (type) {
    case format::FileType::file:
        return EntryType::file;
    case format::FileType::folder:
        return EntryType::folder;
    case format::FileType::symlink:
        return EntryType::symlink;
    case format::FileType::fifo:
        return EntryType::fifo;
    case format::FileType::character:
        return EntryType::character;
    case format::FileType::block:
        return EntryType::block;
    case format::FileType::socket:
        break;
    }
    return EntryType::socket;
}

} // namespace

EntryInfo info_of(const Entry& entry) {
    return {.path = "/" + entry.path,
            .type = type_of(entry.type),
            .mode = entry.mode,
            .uid = entry.uid,
            .gid = entry.gid,
            .user = {},
            .group = {},
            .modified = entry.mtime_seconds,
            .modified_nanoseconds = entry.mtime_nanoseconds,
            .size = entry.size,
            .target = entry.target};
}

void count(EntryCounts& counts, const Entry& entry) {
    if (entry.type == format::FileType::file) {
        ++counts.files;
        counts.bytes += entry.size;
    } else if (entry.type == format::FileType::folder) {
        ++counts.folders;
    } else {
        ++counts.others;
    }
}

void DamageTeller::tell(const repo::Snapshot& snapshot, const std::string& path,
                        const std::string& why) {
    if (told_.emplace(path, why).second)
        events_.finding(
            {Severity::damage, "/" + path,
             message(tr("snapshot {} of {}: {}"), snapshot.record.session.hex().substr(0, 12),
                     util::utc_time(snapshot.record.started), why)});
}

Result<void> go_on(const std::stop_token& stop) {
    if (stop.stop_requested())
        return fail(ErrorKind::interrupted, tr("interrupted"));
    return {};
}

Result<bool> has_path(CatalogCursor cursor, std::string_view path) {
    while (cursor.at_page())
        TRY(cursor.enter());
    return cursor.at_entry() && cursor.path() == path;
}

Result<Error> not_in(const repo::Access& access, repo::ChunkReader& chunks,
                     const repo::Snapshot& snapshot, const std::string& path,
                     const std::string& where) {
    std::string parent = path;
    bool is_there = false;
    while (!parent.empty() && !is_there) {
        parent = folder_of_path(parent);
        is_there = TRY(has_path(CatalogCursor(access, chunks, snapshot.record.domain,
                                              snapshot.record.root_page, parent,
                                              [](const std::string&, const Error&) {}),
                                parent));
    }
    return Error(ErrorKind::not_found,
                 message(tr("/{} is not in {}; the nearest folder that is: /{}"),
                         util::printable(path), where, util::printable(parent)));
}

} // namespace saoluu::engine
