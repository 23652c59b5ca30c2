// SPDX-License-Identifier: Apache-2.0
#include "engine/index_agreement.hpp"

#include <algorithm>

namespace saoluu::engine {

IndexedPacks indexed_packs(const repo::Index& index) {
    IndexedPacks packs;
    index.count_places([&](const repo::PackRow& row, std::uint64_t places) {
        IndexedPack& pack = packs[row.pack];
        pack.size = row.size;
        pack.session = row.session;
        pack.actor = row.actor;
        pack.places += places;
    });
    return packs;
}

bool is_place_of(const repo::ChunkPlace& place, const StoredPack& pack, std::size_t frame) {
    const format::FrameInfo& info = pack.directory.frames[frame];
    return place.pack == pack.id && place.pack_size == pack.size && place.frame == frame &&
           place.offset == info.offset && place.kind == info.kind && place.codec == info.codec &&
           place.stored_size == info.stored_size && place.plain_size == info.plain_size &&
           place.session == pack.directory.session && place.actor == pack.directory.signer;
}

Agreement compare(const repo::Index& index, const StoredPack& pack) {
    Agreement agreement;
    const std::vector<format::FrameInfo>& frames = pack.directory.frames;
    agreement.lacking.resize(frames.size());
    for (std::size_t number = 0; number < frames.size(); ++number) {
        const format::FrameInfo& frame = frames[number];
        const std::vector<repo::ChunkPlace> places = index.find(frame.kind, frame.id);
        const auto fitting = static_cast<std::uint64_t>(
            std::ranges::count_if(places, [&](const repo::ChunkPlace& place) {
                return is_place_of(place, pack, number);
            }));
        agreement.lacking[number] = fitting == 0;
        agreement.lacks += fitting == 0 ? 1 : 0;
        agreement.fitting += fitting;
        agreement.doubled += fitting > 1 ? fitting - 1 : 0;
    }
    return agreement;
}

} // namespace saoluu::engine
