// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/file_restorer.hpp"
#include "repo/frame_batch.hpp"

#include <list>
#include <string>
#include <utility>

namespace saoluu::engine {

/// The hands of one thread of a FileRestorer.
class FileRestorer::Worker {
public:
    Worker(const RestoreContext& context, OpenTemporaries& open)
        : context_(context), open_(open), chunks_(context.access, context.index),
          batch_(context.access, chunks_),
          content_(context.access, chunks_, context.domain,
                   [&context] { return context.crew.is_stopping(); }) {}

    /// Looks what has the file's name, unless nothing can have it, and decides what becomes of the
    /// file.
    Result<void> look(FileTask& task);
    /// Reads a piece of a pack and writes its chunks to all their places.
    Result<void> restore(const RestorePlan& plan, const RestorePlan::Piece& piece,
                         RestoreWindow& window);
    /// Counts down what is outstanding; a file that is whole is given its name, one that is lost
    /// removed.
    Result<void> settle(FileTask& task);
    /// A file won't come back: tells why, once.
    Result<void> lose(FileTask& task, const Error& error);

    repo::ChunkReader& chunks() { return chunks_; }

private:
    // Files of one folder come one after the other, but for those that share chunks.
    static constexpr std::size_t kFolders = 16;
    /// Of plain bytes that are opened together; one chunk more.
    static constexpr std::size_t kStep = 4 << 20;

    Result<void> judge(FileTask& task, const Existing& existing);
    Result<void> keep(FileTask& task, const Existing& existing);
    void came_back(const FileTask& task, PathOutcome outcome, std::uint64_t bytes,
                   const FileIdentity& identity);
    void open_some(const WantedPack& pack, const RestorePlan::Piece& piece,
                   std::span<const WantedChunk> chunks, std::size_t first);
    bool read_piece(WantedPack& pack, const RestorePlan::Piece& piece);
    Result<void> deliver(std::span<const Placement> placements,
                         const Result<util::BytesView>& bytes, RestoreWindow& window);
    Result<void> write(FileTask& task, const Placement& placement, util::BytesView chunk);
    Result<void> publish(FileTask& task, util::Fd fd);
    /// The folder that a file lies in, open until the next call.
    Result<int> folder_of(const RestoredFile& file);

    const RestoreContext& context_;
    OpenTemporaries& open_;
    repo::ChunkReader chunks_;
    repo::FrameBatch batch_;
    /// Which chunks of the piece in hand lie in the batch.
    struct Opened {
        std::size_t first = 0, end = 0;
    } opened_;
    ContentCheck content_;
    std::list<std::pair<std::string, util::Fd>> folders_; ///< the last used first
    util::Bytes header_, piece_;
    util::Fd lone_; ///< of the file in hand, where it has one chunk only
};

} // namespace saoluu::engine
