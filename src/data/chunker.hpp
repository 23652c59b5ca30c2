// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace saoluu::data {

/// Sizes in bytes; average is a power of two, least <= average <= greatest.
struct ChunkSizes {
    std::uint64_t least = 128 * 1024;
    std::uint64_t average = 512 * 1024;
    std::uint64_t greatest = 2 * 1024 * 1024;

    /// Whether a Chunker can be made of them: 1 <= least <= average <= greatest, average a power of
    /// two of 8 to 2^32. The format's own limit of a chunk is looked at by `format`.
    [[nodiscard]] bool are_valid() const;
    friend bool operator==(const ChunkSizes&, const ChunkSizes&) = default;
};

using GearTable = std::array<std::uint64_t, 256>;

/// Finds where content-defined chunks end. A cut depends only on the bytes of its own chunk.
/// memory: none beside the table; threads: cut() may be called by several at once
/// source: FastCDC (Xia et al., USENIX ATC 2016), normalisation level 2; FORMAT.md, section 7.3
class Chunker {
public:
    /// sizes: valid ones
    Chunker(const ChunkSizes& sizes, const GearTable& table);

    /// The length of the first chunk of `data`, 1 to sizes.greatest; shorter than sizes.least only
    /// where `data` is.
    /// data: at least sizes.greatest bytes, or all that is left of the stream; not empty
    [[nodiscard]] std::size_t cut(util::BytesView data) const;

    [[nodiscard]] const ChunkSizes& sizes() const { return sizes_; }

private:
    ChunkSizes sizes_;
    GearTable table_;
    std::uint64_t mask_small_; ///< before the average: more bits, a cut is rarer
    std::uint64_t mask_large_; ///< behind it: fewer bits
};

} // namespace saoluu::data
