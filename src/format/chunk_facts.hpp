// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/compress.hpp"
#include "format/types.hpp"
#include "util/text.hpp"

/// What directories and index segments both say of a chunk, and check in the same way (FORMAT.md
/// 8.3). For the .cpp files of this room.
namespace saoluu::format {

inline Result<data::Codec> codec_of(std::uint8_t number) {
    if (number > static_cast<std::uint8_t>(data::Codec::zstd))
        return fail(
            ErrorKind::unsupported,
            util::message(util::tr("codec {} is not known to this version of saoluu"), number));
    return static_cast<data::Codec>(number);
}

/// Data chunks lie in data packs, all others in catalog packs.
inline bool may_be_in(ChunkKind kind, Kind pack) {
    return is_chunk_kind(static_cast<std::uint8_t>(kind)) &&
           (kind == ChunkKind::data) == (pack == Kind::data_pack);
}

/// Lengths that a frame may have: never nothing, never over the kind's limit in either form.
inline bool are_possible(ChunkKind kind, data::Codec codec, std::uint64_t stored,
                         std::uint64_t plain) {
    const std::uint64_t most = chunk_limit(kind);
    return stored >= 1 && plain >= 1 && stored <= most && plain <= most &&
           (codec != data::Codec::raw || stored == plain);
}

} // namespace saoluu::format
