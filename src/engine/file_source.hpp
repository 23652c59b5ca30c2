// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/chunker.hpp"
#include "engine/scan.hpp"
#include "util/bytes.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace saoluu::engine {

/// What could be learned of a file by opening it.
struct OpenedFile {
    util::Fd fd;
    struct stat info {
    }; ///< fstat after opening: what is backed up is this file, whatever has the name by now
};

/// Opens a scanned regular file without following links, changing its access time where that is
/// allowed, or waiting. False and errno if it can't be opened or is no regular file any more.
bool open_file(const ScanItem& item, OpenedFile& file);

/// Whether size, modification or change time differ: the file changed between the two looks.
bool has_changed(const struct stat& before, const struct stat& after);

/// Buffers that large files are read into; as many as given, reused, so that memory is known.
class BlockPool {
public:
    BlockPool(std::size_t blocks, std::size_t block_size) : free_(blocks), block_size_(block_size) {
        for (auto& block : free_)
            block = std::make_unique<util::Bytes>(block_size);
    }
    /// Waits for a block that is free.
    std::shared_ptr<util::Bytes> take();
    [[nodiscard]] std::size_t block_size() const { return block_size_; }

private:
    std::mutex mutex_;
    std::condition_variable freed_;
    std::vector<std::unique_ptr<util::Bytes>> free_;
    std::size_t block_size_;
};

/// A chunk of a large file: a view of a block that lives as long as someone looks at it.
struct BlockChunk {
    std::shared_ptr<util::Bytes> block;
    util::BytesView bytes;
};

/// A part of a file that holds data; what lies between two is a hole.
struct Extent {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

/// Walks the parts of a file that hold data, in order; a file system that knows no holes has one.
/// A file that shrinks meanwhile ends where it ends.
class Extents {
public:
    /// info: of the file when it was opened: what grows behind it is left for the next run
    Extents(int fd, const struct stat& info);
    std::optional<Extent> next();

private:
    int fd_;
    std::uint64_t size_;
    bool is_dense_; ///< has a block for every byte
    std::uint64_t at_ = 0;
};

/// Fills a buffer with what comes next; less than the whole only at the end.
using ReadNext = std::function<Result<std::size_t>(std::span<std::byte> into)>;

/// Cuts a part of a large file, or a stream, into chunks while reading it once.
class ChunkStream {
public:
    ChunkStream(int fd, Extent extent, const data::Chunker& chunker, BlockPool& pool);
    /// All that `read` gives, however much that is.
    ChunkStream(ReadNext read, const data::Chunker& chunker, BlockPool& pool);
    /// The next chunk, or nullopt at the end of the extent, file or stream. A failed read is an
    /// error with errno as its code.
    Result<std::optional<BlockChunk>> next();

private:
    Result<void> refill();
    ReadNext read_;
    std::uint64_t unread_; ///< at most
    const data::Chunker& chunker_;
    BlockPool& pool_;
    std::shared_ptr<util::Bytes> block_;
    util::BytesView left_; ///< of the block, not handed out yet
};

} // namespace saoluu::engine
