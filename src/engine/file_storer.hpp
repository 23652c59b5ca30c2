// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/catalog_writer.hpp"
#include "engine/crew.hpp"
#include "engine/file_source.hpp"

namespace saoluu::engine {

/// What became of a file that was read.
struct StoredFile {
    int code = 0;         ///< errno if it could not be read; the rest says nothing then
    bool changed = false; ///< while it was read, each time
    struct stat info {};  ///< as it was when it was opened
    std::uint64_t size = 0;
    std::vector<format::Segment> segments;
    std::vector<format::Xattr> xattrs;
    int xattr_code = 0; ///< errno if these could not be read
};

/// Reads files and stores their chunks, in one thread.
/// memory: a buffer of at least two chunks of the greatest size
class FileStorer {
public:
    FileStorer(const data::Chunker& chunker, ChunkStore& chunks, const Crew& crew,
               std::size_t buffer);

    /// A file that changes while it is read is read once more.
    /// errors: what storing chunks gives
    Result<StoredFile> store(const ScanItem& item);

private:
    Result<StoredFile> look(const ScanItem& item);
    Result<std::uint64_t> store(int fd, const Extent& extent, StoredFile& file);

    const data::Chunker& chunker_;
    ChunkStore& chunks_;
    const Crew& crew_;
    util::Bytes buffer_;
};

} // namespace saoluu::engine
