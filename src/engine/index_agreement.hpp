// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/index.hpp"
#include "repo/pack_reader.hpp"

#include <map>
#include <vector>

namespace saoluu::engine {

/// What the index says of one pack.
struct IndexedPack {
    std::uint32_t size = 0;
    format::SessionId session;
    format::ActorId actor;
    std::uint64_t places = 0;
};
using IndexedPacks = std::map<format::PackId, IndexedPack>;

/// memory: about 170 bytes a pack
IndexedPacks indexed_packs(const repo::Index& index);

/// A pack as it lies in the store.
struct StoredPack {
    format::PackId id;
    std::uint64_t size = 0;
    const format::PackDirectory& directory;
};

/// Whether a place of a chunk is that frame of the pack, in all that the index says of it.
bool is_place_of(const repo::ChunkPlace& place, const StoredPack& pack, std::size_t frame);

/// The index held against one pack's directory.
struct Agreement {
    std::vector<bool> lacking; ///< by frame: the index does not lead to it
    std::size_t lacks = 0;
    std::uint64_t fitting = 0; ///< places that are as the directory says
    std::uint64_t doubled = 0; ///< of those: a frame's second and further ones
};
Agreement compare(const repo::Index& index, const StoredPack& pack);

} // namespace saoluu::engine
