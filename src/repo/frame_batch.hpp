// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/hash.hpp"
#include "repo/chunk_reader.hpp"

#include <vector>

namespace saoluu::repo {

/// Frames that are opened one by one and held against their ids together, with whatever else is to
/// be hashed meanwhile: several hashes at once take a third of the time. For one thread.
/// memory: the plain bytes of its frames
class FrameBatch {
public:
    FrameBatch(const Access& access, ChunkReader& chunks) : access_(access), chunks_(chunks) {}

    /// Decrypts and unpacks a frame whose bytes the caller has; they are not retained. Its number
    /// in the batch.
    std::size_t add(const format::PackId& pack, const format::FrameInfo& info, std::uint64_t number,
                    util::BytesView header, util::BytesView frame, format::Domain domain);
    /// Something else to hash; both must live until verify().
    void add(crypto::Hasher& hasher, util::BytesView bytes) { jobs_.push_back({&hasher, bytes}); }
    /// Ends what was added: afterwards the frames can be had.
    void verify();
    /// The plain bytes of a frame, until clear().
    /// errors: corrupt, wrong_key, unsupported: as ChunkReader's
    [[nodiscard]] const Result<util::BytesView>& plain(std::size_t number) const {
        return frames_[number].plain;
    }
    [[nodiscard]] std::size_t size() const { return frames_.size(); }
    /// Keeps its memory for the next frames.
    void clear() {
        frames_.clear();
        used_ = 0;
    }

private:
    struct Frame {
        format::ChunkId id;
        crypto::Hasher hasher;
        std::size_t at; ///< in the buffer
        Result<util::BytesView> plain;
    };
    const Access& access_;
    ChunkReader& chunks_;
    std::vector<Frame> frames_;
    util::Bytes buffer_; ///< of all frames; never shrinks, so that it is zeroed once
    std::size_t used_ = 0;
    std::vector<crypto::Hasher::Job> jobs_;
};

} // namespace saoluu::repo
