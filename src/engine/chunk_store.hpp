// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/compress.hpp"
#include "repo/write_session.hpp"

#include <span>
#include <vector>

namespace saoluu::engine {

/// What one thread of a backup stores chunks with: its own compressor and its own open packs, so
/// that threads do not wait for each other.
class ChunkStore {
public:
    ChunkStore(repo::WriteSession& session, repo::WriteSession::Packer packer, int level)
        : ChunkStore(session, level) {
        packers_.push_back(std::move(packer));
    }
    /// For many chunks of files: two packs are filled by turns once one was full, because their
    /// bytes can then be hashed side by side (crypto::Blake2b).
    static ChunkStore of_data(repo::WriteSession& session, int level);

    /// A chunk to store, and its id, which is found on the way.
    struct Chunk {
        util::BytesView plain;
        format::ChunkId id{};
    };
    /// Stores those that the repository does not have.
    Result<void> put(format::ChunkKind kind, std::span<Chunk> chunks);
    /// One, and its id.
    Result<format::ChunkId> put(format::ChunkKind kind, util::BytesView plain);
    /// Ends the open packs.
    Result<void> finish();

    struct Totals {
        std::uint64_t chunks = 0;
        std::uint64_t new_chunks = 0;
        std::uint64_t new_bytes = 0;
    };
    [[nodiscard]] const Totals& totals() const { return totals_; }
    [[nodiscard]] const format::DomainKeys& domain() const { return session_.domain(); }

private:
    ChunkStore(repo::WriteSession& session, int level) : session_(session), compressor_(level) {}
    Result<void> put_named(format::ChunkKind kind, const Chunk& chunk);
    repo::WriteSession::Packer& next_packer();

    repo::WriteSession& session_;
    std::vector<repo::WriteSession::Packer> packers_;
    data::Compressor compressor_;
    Totals totals_;
};

} // namespace saoluu::engine
