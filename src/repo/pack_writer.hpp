// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/compress.hpp"
#include "format/pack.hpp"
#include "format/session_objects.hpp"
#include "repo/place_set.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace saoluu::repo {

/// What every pack of a session shares.
struct PackContext {
    PlaceSet& places;
    format::Authorship by;
    format::SessionId session;
    format::Domain domain;
    crypto::SealPublic content_public; ///< E of the epoch
};

/// A pack that is complete in its temporary places, and still has no name.
struct FinishedPack {
    std::unique_ptr<StagedPack> staged;
    format::PackId id;
    std::uint32_t size = 0;
    std::vector<format::FrameInfo> frames;
};

/// Writes one pack, frame by frame, straight into the stores' temporary places: a pack is
/// never in memory whole. A pack that is dropped half-written leaves nothing, and its key is gone.
/// For one thread. memory: about kBuffer and one chunk
class PackWriter {
public:
    /// kind: data_pack or catalog_pack
    static Result<PackWriter> begin(const PackContext& context, format::Kind kind);

    /// chunk: compressed form of `plain_size` bytes, at most the limit of its kind
    Result<void> add(format::ChunkKind kind, const format::ChunkId& id,
                     const data::Compressed& chunk, std::size_t plain_size);
    /// Bytes so far, buffered ones included.
    [[nodiscard]] std::uint64_t size() const { return written_ + buffer_.size(); }
    [[nodiscard]] std::size_t frames() const { return frames_.size(); }

    /// What waits to be hashed and written. Whoever hashes it by hasher(), together with other
    /// things, calls write_hashed() then; else it is hashed in time.
    [[nodiscard]] util::BytesView unhashed() const {
        return util::BytesView(buffer_).subspan(hashed_);
    }
    [[nodiscard]] crypto::Hasher& hasher() { return hasher_; }
    Result<void> write_hashed();

    /// Adds directory, padding, trailer and footer. The writer is spent.
    Result<FinishedPack> finish();

private:
    /// At so much it is hashed and written, if nobody did so before.
    static constexpr std::size_t kBuffer = 2 << 20;
    /// Less is not worth a call.
    static constexpr std::size_t kLeastWrite = 256 << 10;

    PackWriter(const PackContext& context, format::PackCipher cipher,
               std::unique_ptr<StagedPack> staged);
    Result<void> flush();

    const PackContext* context_;
    format::PackCipher cipher_;
    std::unique_ptr<StagedPack> staged_;
    crypto::Hasher hasher_;
    util::Bytes buffer_;
    std::size_t hashed_ = 0; ///< of the buffer
    std::uint64_t written_ = 0;
    std::vector<format::FrameInfo> frames_;
};

} // namespace saoluu::repo
