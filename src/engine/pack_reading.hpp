// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/frame_batch.hpp"
#include "repo/pack_reader.hpp"
#include "store/read_ahead.hpp"

#include <optional>
#include <string>
#include <vector>

namespace saoluu::engine {

/// Reads one pack from one end to the other, once, in steps, so that what several have to hash is
/// hashed together: advance() each, verify the batch, settle() each. For one thread.
/// memory: a piece, and the frame that crosses its end
class PackReading {
public:
    /// contents: what its ends say, if they could be read; with_frames: each frame is tried, too
    PackReading(const format::PackId& pack, std::string name, std::uint64_t size,
                const std::optional<repo::PackContents>& contents, bool with_frames);
    /// Has it fetched `ahead` bytes before it is read.
    void announce(store::Store& store, std::uint64_t ahead) {
        announced_.emplace(store, name_, size_, ahead);
    }

    /// The next piece, and the frames that are whole by then, as far as they fit into one step.
    /// How many bytes were read.
    /// errors: the store's
    Result<std::size_t> advance(store::Store& store, repo::FrameBatch& batch);
    void settle(const repo::FrameBatch& batch);
    [[nodiscard]] bool is_done() const { return at_ == size_ && !has_whole_frame(); }

    /// What was found; when it is done.
    struct Outcome {
        bool has_hash = false;       ///< that in its name
        bool is_vouched_for = false; ///< by the directory, if there is one
        std::vector<std::uint32_t> bad_frames;
        std::size_t good_frames = 0;
        bool every_frame_tried = true;
    };
    Outcome finish();

    [[nodiscard]] const format::PackId& pack() const { return pack_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] const repo::PackContents* contents() const {
        return contents_ ? &*contents_ : nullptr;
    }

private:
    static constexpr std::size_t kPiece = 1 << 20;
    /// Of plain bytes that one step may open; one chunk more.
    static constexpr std::size_t kStep = 4 << 20;

    [[nodiscard]] bool has_whole_frame() const;

    const format::PackId pack_;
    const std::string name_;
    const std::uint64_t size_;
    std::optional<repo::PackContents> contents_;
    const bool with_frames_;
    std::optional<store::AnnouncedRange> announced_;
    crypto::Hasher hasher_;
    util::Bytes buffer_;          ///< never shrinks, so that it is zeroed once
    std::uint64_t at_ = 0;        ///< where in the pack what was read ends
    std::uint64_t kept_from_ = 0; ///< and where the buffer begins
    std::size_t next_frame_ = 0;
    std::size_t first_in_batch_ = 0, frames_in_batch_ = 0;
    Outcome outcome_;
};

} // namespace saoluu::engine
