// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/pack.hpp"
#include "repo/access.hpp"

#include <array>
#include <string>

namespace saoluu::repo {

/// What both ends of a stored pack say of it.
struct PackContents {
    std::array<std::byte, format::PackHeader::kSize> header{};
    format::PackDirectory directory;
    std::uint64_t frames_end = 0; ///< where the directory begins
};

/// Header, trailer and directory of a pack of `size` bytes, by three small reads, whatever its
/// size. The directory is signed by someone who may; whether the frames are those that it vouches
/// for is another question: frames_fit.
/// errors: corrupt; unsupported; wrong_key (of another epoch or repository); refused (signed by
///         nobody who may); the store's
Result<PackContents> read_contents(const Access& access, const std::string& object,
                                   std::uint64_t size);

/// Whether the bytes before the directory are those that it vouches for: who makes an index from
/// directories demands it (FORMAT.md 8.3). Reads them all.
/// errors: the store's
Result<bool> frames_fit(const Access& access, const std::string& object,
                        const PackContents& contents);

} // namespace saoluu::repo
