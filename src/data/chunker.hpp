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

    [[nodiscard]] bool are_valid() const;
    friend bool operator==(const ChunkSizes&, const ChunkSizes&) = default;
};

using GearTable = std::array<std::uint64_t, 256>;

/// Finds where content-defined chunks end.
/// memory: none beside the table
/// source: FastCDC (Xia et al., USENIX ATC 2016), normalisation level 2; FORMAT.md, section 7.3
class Chunker {
public:
    Chunker(const ChunkSizes& sizes, const GearTable& table);

    /// The length of the first chunk of `data`, 1 to sizes.greatest.
    /// data: at least sizes.greatest bytes, or all that is left of the stream; not empty
    [[nodiscard]] std::size_t cut(util::BytesView data) const;

    [[nodiscard]] const ChunkSizes& sizes() const { return sizes_; }

private:
    ChunkSizes sizes_;
    GearTable table_;
    std::uint64_t mask_small_;
    std::uint64_t mask_large_;
};

} // namespace saoluu::data
