// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/pack.hpp"
#include "repo/access.hpp"

#include <array>
#include <string>

namespace saoluu::repo {

/// What is read at once of the end of a pack over a network: a round trip takes as long as 64 KiB
/// or more, and hold the directory of a pack of a thousand chunks.
constexpr std::uint64_t kEndsGuess = std::uint64_t{64} << 10;

/// What both ends of a stored pack say of it.
struct PackContents {
    std::array<std::byte, format::PackHeader::kSize> header{};
    format::PackDirectory directory;
    std::uint64_t frames_end = 0; ///< where the directory begins
};

/// Header, trailer and directory of a pack of `size` bytes, by three small reads, whatever its
/// size; over a network by one or two of up to kEndsGuess, if its directory is no larger. The
/// directory is signed by someone who may; whether the frames are those that it vouches for is
/// another question: frames_fit. errors: corrupt; unsupported; wrong_key (of another epoch or
/// repository); refused (signed by
///         nobody who may); the store's
Result<PackContents> read_contents(const Access& access, const std::string& object,
                                   std::uint64_t size);

/// Has what read_contents() will need of a pack fetched meanwhile, where that is over a network.
void announce_contents(const Access& access, const std::string& object, std::uint64_t size);

/// Whether the bytes before the directory are those that it vouches for: who makes an index from
/// directories demands it (FORMAT.md 8.3). Reads them all.
/// errors: the store's
Result<bool> frames_fit(const Access& access, const std::string& object,
                        const PackContents& contents);

} // namespace saoluu::repo
