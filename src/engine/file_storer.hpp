// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/chunk_store.hpp"
#include "engine/crew.hpp"
#include "engine/file_source.hpp"
#include "format/entry.hpp"

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

/// Reads files and stores their chunks, in one thread; those of several small files together.
/// memory: a buffer of at least two chunks of the greatest size
class FileStorer {
public:
    FileStorer(const data::Chunker& chunker, ChunkStore& chunks, const Crew& crew,
               std::size_t buffer);

    /// Reads a file, once more if it changes meanwhile. `file` must stay where it is until flush():
    /// until then ids of its chunks may be missing.
    /// errors: what storing chunks gives
    Result<void> store(const ScanItem& item, StoredFile& file);
    /// Stores what was read.
    Result<void> flush();

private:
    /// A chunk in the buffer whose id its file lacks.
    struct Waiting {
        StoredFile* file;
        std::size_t segment;
        std::size_t length;
    };
    Result<void> look(const ScanItem& item, StoredFile& file);
    Result<std::uint64_t> store(int fd, const Extent& extent, StoredFile& file);

    const data::Chunker& chunker_;
    ChunkStore& chunks_;
    const Crew& crew_;
    util::Bytes buffer_;
    std::size_t used_ = 0; ///< of the buffer, by the chunks that wait, one behind the other
    std::vector<Waiting> waiting_;
};

} // namespace saoluu::engine
