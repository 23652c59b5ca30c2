// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/index_segment.hpp"
#include "format/pack.hpp"
#include "repo/access.hpp"

#include <span>
#include <vector>

namespace saoluu::repo {

/// Puts index segments for packs that lie in the store already, a segment for many of them, signed
/// by the actor who opened the repository. For one thread at a time.
/// memory: the entries of one segment (kEntries × 56 bytes), and while it is put two encodings
class SegmentWriter {
public:
    enum class Mode { put, only_count };
    SegmentWriter(const Access& access, Mode mode) : access_(access), mode_(mode) {}

    /// taken: which of the pack's frames, by number; empty: all
    /// errors: the store's
    Result<void> add(const format::IndexedPack& pack, std::span<const format::FrameInfo> frames,
                     const std::vector<bool>& taken);
    /// Puts what was added and is in no segment yet.
    Result<void> finish();
    /// Puts a segment of its own making, whose packs and entries need not be sorted yet; an
    /// admin's may replace others.
    Result<void> put(format::IndexSegment segment);

    /// Segments that were put, or would have been.
    [[nodiscard]] std::uint64_t segments() const { return segments_; }

private:
    static constexpr std::size_t kEntries = 200'000;
    static constexpr std::size_t kMostEntries = 1 << 20; ///< 54 MiB of a segment's 64

    const Access& access_;
    Mode mode_;
    format::IndexSegment collected_;
    std::uint64_t segments_ = 0;
};

} // namespace saoluu::repo
