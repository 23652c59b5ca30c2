// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/compress.hpp"
#include "format/sealed.hpp"
#include "format/types.hpp"

#include <span>
#include <vector>

namespace saoluu::format {

struct FrameInfo;

/// Where a chunk lies (FORMAT.md, section 9).
struct IndexEntry {
    ChunkId id;
    std::uint32_t pack = 0;  ///< position in the segment's list of packs
    std::uint32_t frame = 0; ///< number of the frame in its pack
    std::uint32_t offset = 0;
    std::uint32_t stored_size = 0;
    std::uint32_t plain_size = 0;
    ChunkKind kind{};
    data::Codec codec{};
    friend bool operator==(const IndexEntry&, const IndexEntry&) = default;
};

struct IndexedPack {
    PackId pack;
    SessionId session;
    ActorId actor;
    std::uint32_t size = 0;
    friend bool operator==(const IndexedPack&, const IndexedPack&) = default;
};

struct IndexSegment {
    ActorId signer;
    RosterHash roster;
    std::vector<SegmentId> replaces; ///< that are not needed beside this one; ascending
    std::vector<IndexedPack> packs;
    std::vector<IndexEntry> entries;

    /// Adds a pack and entries for its frames, in the order of its directory.
    /// taken: which of them, by number; empty: all
    void add(const IndexedPack& pack, std::span<const FrameInfo> frames,
             const std::vector<bool>& taken = {});
    /// Sorts packs and entries as the format demands (entries follow their packs).
    void sort();
    /// The object's bytes; its name is names::index(name_of<SegmentId>(bytes)). Call sort() before.
    [[nodiscard]] Bytes seal(const RepositoryId& repository, const EpochKey& epoch, Suite suite,
                             const crypto::SignPair& signer_pair) const;
    /// The same with the salt given: for the vectors alone.
    [[nodiscard]] Bytes seal_with_salt(const RepositoryId& repository, const EpochKey& epoch,
                                       Suite suite, const crypto::SignPair& signer_pair,
                                       const Hash& salt) const;
};

struct OpenedSegment {
    Header header;
    IndexSegment segment;
    Hash salt; ///< signed as well
    Bytes body;
    [[nodiscard]] bool is_signed_by(const RepositoryId& repository,
                                    const crypto::SignPublic& signer) const;
};
/// errors: corrupt, unsupported, wrong_key
Result<OpenedSegment> open_segment(const RepositoryId& repository, const EpochKey& epoch,
                                   BytesView object);

} // namespace saoluu::format
