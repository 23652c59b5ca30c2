// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "data/compress.hpp"
#include "format/pack.hpp"
#include "repo/index.hpp"

#include <list>
#include <map>
#include <string>
#include <vector>

namespace saoluu::repo {

/// Whether the index gives sizes that a chunk can have; nothing is allocated for others.
bool is_possible(const ChunkPlace& place);

/// The error of a chunk whose bytes have another id.
Failure not_what_its_id_says();

/// Fetches, decrypts and verifies chunks. For one thread; several share one index.
/// memory: one frame, one chunk, and the keys of the packs last used
class ChunkReader {
public:
    ChunkReader(const Access& access, const Index& index) : access_(access), index_(index) {}

    /// The plain bytes; valid until the next call. Every place of the chunk is tried, and healed
    /// copies of its packs, whatever is wrong with one of them.
    /// errors: corrupt if none is good, naming the first pack; io if the store failed for every
    ///         one; wrong_key where this key may not read, or not this domain
    Result<util::BytesView> read(format::ChunkKind kind, const format::ChunkId& id,
                                 format::Domain domain);

    /// One frame of a pack whose bytes the caller has: decrypted, unpacked, and held against its
    /// id.
    Result<util::BytesView> open_frame(const format::PackId& pack, const format::FrameInfo& info,
                                       std::uint64_t number, util::BytesView header,
                                       util::BytesView frame, format::Domain domain);

    /// The same, into `plain`, info.plain_size bytes; to hold them against the id is left to the
    /// caller.
    Result<void> unseal_frame(const format::PackId& pack, const format::FrameInfo& info,
                              std::uint64_t number, util::BytesView header, util::BytesView frame,
                              format::Domain domain, std::span<std::byte> plain);

    /// Every place of a chunk, those that read() tries first in front.
    [[nodiscard]] std::vector<ChunkPlace>
    places_of(format::ChunkKind kind, const format::ChunkId& id, format::Domain domain) const;

private:
    static constexpr std::size_t kCiphers = 16;

    Result<const std::vector<std::string>*> healed_copies(const format::PackId& pack);
    Result<util::BytesView> read_from(const std::string& object, const ChunkPlace& place,
                                      const format::ChunkId& id, format::Domain domain);
    Result<void> fetch(const std::string& object, const ChunkPlace& place, std::uint64_t offset,
                       std::span<std::byte> out);
    Result<format::PackCipher*> cipher_of(const std::string& key, util::BytesView header);
    Result<void> unseal(format::PackCipher& cipher, const format::FrameInfo& info,
                        std::uint64_t number, util::BytesView frame, format::Domain domain,
                        std::span<std::byte> plain);
    std::span<std::byte> room_for(const format::FrameInfo& info);
    Result<util::BytesView> verify(const format::FrameInfo& info, format::Domain domain,
                                   util::BytesView plain) const;

    const Access& access_;
    const Index& index_;
    data::Decompressor decompressor_;
    util::Bytes frame_, plain_; ///< they never shrink, so that they are zeroed once
    std::list<std::pair<std::string, format::PackCipher>> ciphers_; ///< most recently used first
    /// Of packs that failed: listed once.
    std::map<format::PackId, std::vector<std::string>> healed_;
};

} // namespace saoluu::repo
