// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/restored_file.hpp"
#include "format/entry.hpp"
#include "repo/chunk_reader.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace saoluu::engine {

/// A file of the snapshot on its way into the target.
struct FileTask {
    FileTask(const RestoreTarget& target, std::string path, format::Entry of)
        : entry(std::move(of)), file(target, std::move(path)) {}

    format::Entry entry;
    RestoredFile file;
    /// Its folder was made by this run, so that nothing can have its name.
    bool is_in_new_folder = false;
    enum class Plan {
        look,    ///< first look what has its name
        write,   ///< nothing has
        replace, ///< something has, and goes
        nothing  ///< it is there already, or stays away
    } plan = Plan::look;
    bool has_parts = false;       ///< of chunks: then its own hash is demanded
    std::uint64_t data_bytes = 0; ///< without holes
    bool is_placed = false;       ///< all its placements are known
    /// Placements that are still to be written, and one more until all are known.
    std::atomic<std::uint64_t> outstanding = 1;
    std::atomic<bool> is_lost = false; ///< told already: what is still to come for it is dropped
};

/// Where bytes of a chunk belong.
struct Placement {
    format::ChunkId chunk;
    std::uint64_t offset = 0; ///< in the file
    std::uint32_t from = 0;   ///< in the chunk
    std::uint32_t length = 0;
    std::uint32_t chunk_length = 0; ///< that the chunk must have; 0: long enough
    std::uint32_t task = 0;         ///< position in the window's tasks
};

/// The files that are restored together: what they need of a pack is read in one go.
/// memory: kBudget, whatever the tree is like; a file with more chunks than fit lies in several
///         windows, one after the other
class RestoreWindow {
public:
    /// Each chunk of a file takes a Placement (56 B), a WantedChunk (72 B), at most a Piece (24 B),
    /// a segment of its entry (48 B), and what vectors keep spare: 256 B. Each file takes an entry,
    /// names and counters: 1 KiB, and its attributes. So the budget of 32 MiB holds 2^17 = 131,072
    /// chunks of large files (64 GiB at ½ MiB each), or 26,000 small files.
    static constexpr std::uint64_t kPlacementCost = 256;
    static constexpr std::uint64_t kTaskCost = 1024;
    static constexpr std::uint64_t kBudget = (std::uint64_t{1} << 17) * kPlacementCost; // 32 MiB

    /// Of a file with all that its entry lists.
    static std::uint64_t cost_of(const FileTask& task);

    [[nodiscard]] bool has_room_for(std::uint64_t cost) const { return cost_ + cost <= kBudget; }
    [[nodiscard]] bool is_empty() const { return tasks_.empty(); }
    /// cost: of what it holds itself; its placements have their own
    void add(std::shared_ptr<FileTask> task, std::uint64_t cost);
    /// Bytes of a chunk for the file that was added last.
    void add(Placement placement);
    /// Drops the placements of files that need nothing any more.
    void drop_settled();
    void clear();

    [[nodiscard]] std::span<const std::shared_ptr<FileTask>> tasks() const { return tasks_; }
    [[nodiscard]] std::span<Placement> placements() { return placements_; }
    [[nodiscard]] FileTask& task_of(const Placement& placement) const {
        return *tasks_[placement.task];
    }

private:
    std::vector<std::shared_ptr<FileTask>> tasks_;
    std::vector<Placement> placements_;
    std::uint64_t cost_ = 0;
};

/// A chunk that files of a window need, where it lies, and where it belongs.
struct WantedChunk {
    format::FrameInfo frame;
    std::uint64_t frame_number = 0;
    std::uint32_t pack = 0; ///< position in the plan's packs
    std::uint32_t first_placement = 0;
    std::uint32_t placements = 0;
    [[nodiscard]] std::uint64_t end() const {
        return std::uint64_t{frame.offset} + frame.frame_size();
    }
};

/// A pack that is read. Its header is read by the first who needs it.
struct WantedPack {
    format::PackId id;
    std::string name;
    std::mutex mutex;
    std::optional<util::Bytes> header; ///< empty: it can't be read
    explicit WantedPack(const format::PackId& of);
};

/// How the placements of a window are read: pack by pack, in the order of their bytes, in pieces
/// that several threads share.
class RestorePlan {
public:
    /// What lies between two wanted frames is read along up to here: a seek of a disk, or one more
    /// request over a network, costs more.
    static constexpr std::uint64_t kGap = 64 << 10;
    /// One read. Enough that a disk streams, and that a pack of 64 MiB keeps several threads busy.
    static constexpr std::uint64_t kPiece = 4 << 20;

    /// Chunks of one pack that lie side by side: one read.
    struct Piece {
        std::uint32_t first_chunk = 0;
        std::uint32_t chunks = 0;
        std::uint64_t from = 0; ///< in the pack
        std::uint64_t end = 0;
    };

    /// Sorts the placements of the window. Chunks that the index does not know, or only with sizes
    /// that can't be, come last, as pieces of no bytes.
    RestorePlan(RestoreWindow& window, const repo::ChunkReader& chunks, format::Domain domain);

    [[nodiscard]] std::span<const Piece> pieces() const { return pieces_; }
    [[nodiscard]] std::span<const WantedChunk> chunks_of(const Piece& piece) const {
        return std::span(chunks_).subspan(piece.first_chunk, piece.chunks);
    }
    /// Tells the store that a piece is to be read soon; with the first of a pack its header, too.
    void announce(const Piece& piece, store::Store& store) const;
    /// Null for a chunk that is in no pack.
    [[nodiscard]] WantedPack* pack_of(const WantedChunk& chunk) const {
        return chunk.pack == kNowhere ? nullptr : packs_[chunk.pack].get();
    }

private:
    static constexpr std::uint32_t kNowhere = ~std::uint32_t{0};
    void find_chunks(RestoreWindow& window, const repo::ChunkReader& chunks, format::Domain domain);
    void sort_packs(RestoreWindow& window);
    void cut_pieces();

    std::vector<WantedChunk> chunks_;
    std::vector<std::unique_ptr<WantedPack>> packs_; ///< they hold locks, which do not move
    std::vector<Piece> pieces_;
};

/// Has the next pieces of a plan fetched while workers are busy with others, in the order in which
/// they are taken; over a network only.
class PiecesAhead {
public:
    PiecesAhead(const RestorePlan& plan, store::Store& store);
    /// Someone takes pieces()[at].
    void taking(std::size_t at);

private:
    const RestorePlan& plan_;
    store::Store& store_;
    const bool is_remote_;
    std::mutex mutex_;
    std::size_t next_ = 0; ///< those before were announced
    std::uint64_t announced_ = 0, taken_ = 0;
};

} // namespace saoluu::engine
