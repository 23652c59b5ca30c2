// SPDX-License-Identifier: Apache-2.0
#include "engine/file_storer.hpp"

#include "engine/source_metadata.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace saoluu::engine {

FileStorer::FileStorer(const data::Chunker& chunker, ChunkStore& chunks, const Crew& crew,
                       std::size_t buffer)
    : chunker_(chunker), chunks_(chunks), crew_(crew),
      buffer_(
          std::max<std::size_t>(buffer, 2 * static_cast<std::size_t>(chunker.sizes().greatest))) {}

Result<void> FileStorer::store(const ScanItem& item, StoredFile& file) {
    TRY(look(item, file));
    if (!file.changed || file.code != 0)
        return {};
    StoredFile again;
    TRY(look(item, again));
    TRY(flush()); // what waits names its file by its place
    // If it is gone by now, the first reading is better than nothing.
    if (again.code != ENOENT)
        file = std::move(again);
    return {};
}

Result<void> FileStorer::look(const ScanItem& item, StoredFile& file) {
    OpenedFile opened;
    if (!open_file(item, opened)) {
        file.code = errno;
        return {};
    }
    file.info = opened.info;
    file.xattr_code = read_xattrs(opened.fd.get(), file.xattrs);
    const auto size = static_cast<std::uint64_t>(opened.info.st_size);
    Extents extents(opened.fd.get(), opened.info);
    bool is_cut_short = false;
    while (const std::optional<Extent> extent = extents.next()) {
        if (extent->offset > file.size)
            file.segments.emplace_back(format::Hole{.length = extent->offset - file.size});
        file.size = extent->offset;
        const std::uint64_t got = TRY(store(opened.fd.get(), *extent, file));
        file.size += got;
        is_cut_short = got < extent->length;
        if (file.code != 0 || is_cut_short)
            break;
    }
    if (file.code != 0)
        return {};
    if (!is_cut_short && size > file.size) {
        file.segments.emplace_back(format::Hole{.length = size - file.size});
        file.size = size;
    }
    struct stat after {};
    file.changed =
        is_cut_short || ::fstat(opened.fd.get(), &after) != 0 || has_changed(opened.info, after);
    return {};
}

/// Cuts one part of a file; the bytes that were there.
Result<std::uint64_t> FileStorer::store(int fd, const Extent& extent, StoredFile& file) {
    const std::size_t greatest = chunker_.sizes().greatest;
    std::uint64_t at = extent.offset, unread = extent.length, stored = 0;
    std::size_t kept = 0; // read and not cut yet, behind what waits
    while (unread > 0 || kept > 0) {
        if (crew_.is_stopping())
            return stored;
        if (used_ > 0 && unread > buffer_.size() - used_ - kept) {
            const std::size_t from = used_;
            TRY(flush());
            std::memmove(buffer_.data(), buffer_.data() + from, kept);
        }
        const std::size_t room = static_cast<std::size_t>(
            std::min<std::uint64_t>(buffer_.size() - used_ - kept, unread));
        const Result<std::size_t> got =
            util::read_some_at(fd, at, std::span(buffer_).subspan(used_ + kept, room), "");
        if (!got) {
            file.code = got.error().system_code();
            return stored;
        }
        at += *got;
        unread = *got < room ? 0 : unread - *got;
        kept += *got;
        while (kept > 0 && (unread == 0 || kept >= greatest)) {
            const std::size_t length = chunker_.cut(util::BytesView(buffer_).subspan(used_, kept));
            waiting_.push_back({.file = &file, .segment = file.segments.size(), .length = length});
            file.segments.emplace_back(format::WholeChunk{.id = {}, .length = length});
            stored += length;
            used_ += length;
            kept -= length;
        }
    }
    return stored;
}

Result<void> FileStorer::flush() {
    std::vector<ChunkStore::Chunk> chunks;
    std::size_t at = 0;
    for (const Waiting& waiting : waiting_) {
        chunks.push_back({.plain = util::BytesView(buffer_).subspan(at, waiting.length)});
        at += waiting.length;
    }
    std::vector<Waiting> named;
    named.swap(waiting_); // whatever comes of it, nothing waits any more
    used_ = 0;
    TRY(chunks_.put(format::ChunkKind::data, chunks));
    for (std::size_t i = 0; i < named.size(); ++i)
        std::get<format::WholeChunk>(named[i].file->segments[named[i].segment]).id = chunks[i].id;
    return {};
}

} // namespace saoluu::engine
