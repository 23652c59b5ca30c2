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

Result<StoredFile> FileStorer::store(const ScanItem& item) {
    StoredFile file = TRY(look(item));
    return file.changed ? look(item) : Result<StoredFile>(std::move(file));
}

Result<StoredFile> FileStorer::look(const ScanItem& item) {
    StoredFile file;
    OpenedFile opened;
    if (!open_file(item, opened)) {
        file.code = errno;
        return file;
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
        return file;
    if (!is_cut_short && size > file.size) {
        file.segments.emplace_back(format::Hole{.length = size - file.size});
        file.size = size;
    }
    struct stat after {};
    file.changed =
        is_cut_short || ::fstat(opened.fd.get(), &after) != 0 || has_changed(opened.info, after);
    return file;
}

/// Stores one part of a file; the bytes that were there.
Result<std::uint64_t> FileStorer::store(int fd, const Extent& extent, StoredFile& file) {
    std::uint64_t at = extent.offset, unread = extent.length, stored = 0;
    std::size_t kept = 0; // read and not cut yet, at the front of the buffer
    while (unread > 0 || kept > 0) {
        if (crew_.is_stopping())
            return stored;
        const std::size_t room =
            static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size() - kept, unread));
        const Result<std::size_t> got =
            util::read_some_at(fd, at, std::span(buffer_).subspan(kept, room), "");
        if (!got) {
            file.code = got.error().system_code();
            return stored;
        }
        at += *got;
        unread = *got < room ? 0 : unread - *got;
        util::BytesView left = util::BytesView(buffer_).first(kept + *got);
        while (!left.empty() && (unread == 0 || left.size() >= chunker_.sizes().greatest)) {
            const util::BytesView chunk = left.first(chunker_.cut(left));
            const format::ChunkId id = TRY(chunks_.put(format::ChunkKind::data, chunk));
            file.segments.emplace_back(format::WholeChunk{.id = id, .length = chunk.size()});
            stored += chunk.size();
            left = left.subspan(chunk.size());
        }
        kept = left.size();
        std::memmove(buffer_.data(), left.data(), kept);
    }
    return stored;
}

} // namespace saoluu::engine
