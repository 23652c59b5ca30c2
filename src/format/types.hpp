// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/aead.hpp"
#include "crypto/hash.hpp"
#include "util/bytes.hpp"
#include "util/wire.hpp"

#include "saoluu/result.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace saoluu::format {

using crypto::Hash;
using crypto::Suite;
using util::Bytes;
using util::BytesView;

using RepositoryId = util::Id<struct RepositoryTag, 32>;
using ActorId = util::Id<struct ActorTag, 32>;
using RosterHash = util::Id<struct RosterTag, 32>;
using PackId = util::Id<struct PackTag, 32>;
using ChunkId = util::Id<struct ChunkTag, 32>;
using SegmentId = util::Id<struct SegmentTag, 32>; ///< name of an index segment
using MarkId = util::Id<struct MarkTag, 32>;
using EntryHash = util::Id<struct EntryTag, 32>; ///< of a ledger entry
using SlotId = util::Id<struct SlotTag, 16>;
using SessionId = util::Id<struct SessionTag, 16>;
using PlaceId = util::Id<struct PlaceTag, 16>;
using LinkGroup = util::Id<struct LinkTag, 16>;

using Epoch = std::uint32_t;
using Domain = std::uint32_t;
using Time = std::int64_t; ///< seconds since 1970-01-01 UTC

/// The id that is the hash of an object's bytes.
template <class IdType>
IdType name_of(BytesView object) {
    return IdType::from(crypto::hash(object).view());
}

/// What an object is (FORMAT.md, 1.1).
enum class Kind : std::uint8_t {
    data_pack = 1,
    catalog_pack = 2,
    index_segment = 3,
    open = 4,
    record = 5,
    fence = 6,
    forgotten = 7,
    ledger_entry = 8,
    mark = 9,
    roster = 10,
    slot = 11,
    void_ = 12,
    directory = 14,
    trailer = 15,
    names = 16,
    bundle = 17,
};
/// What people call it, translated: "snapshot record".
std::string title_of(Kind kind);

enum class ChunkKind : std::uint8_t { data = 1, page = 2, list = 3, note = 4 };
bool is_chunk_kind(std::uint8_t number);

enum class Role : std::uint8_t { backup = 1, restore = 2, admin = 3, recovery = 4 };

/// The 16 bytes that begin every binary object.
struct Header {
    Kind kind{};
    Suite suite = Suite::xchacha20;
    Epoch epoch = 0;

    static constexpr std::size_t kSize = 16;
    [[nodiscard]] std::array<std::byte, kSize> encode() const;
    /// errors: corrupt if it is no header of ours; unsupported for another version or suite
    static Result<Header> decode(BytesView bytes);
    /// The same, and of this kind.
    static Result<Header> decode(BytesView bytes, Kind expected);

    friend bool operator==(const Header&, const Header&) = default;
};

/// FORMAT.md, 12.5
namespace limits {
inline constexpr std::uint64_t kDataChunk = 8 << 20;
inline constexpr std::uint64_t kCatalogChunk = 1 << 20;
inline constexpr std::uint64_t kPagePaths = 8 << 20;
inline constexpr std::uint64_t kFrames = 1 << 20;
inline constexpr std::uint64_t kPack = 256 << 20;
inline constexpr std::uint64_t kDirectory = 16 << 20;
inline constexpr std::uint64_t kSegment = 64 << 20;
inline constexpr std::uint64_t kRecord = 64 << 10;
inline constexpr std::size_t kRecordSegments = 1'500; ///< that a record names
inline constexpr std::uint64_t kTextObject = 64 << 10;
inline constexpr std::uint64_t kPath = 65'535;
inline constexpr std::uint64_t kDepth = 4'096;
inline constexpr std::uint64_t kBody = 896 << 10; ///< of an entry: fits a page beside any path
inline constexpr std::uint64_t kTarget = 65'535;  ///< of a symbolic link
inline constexpr std::uint64_t kXattrName = 255;
inline constexpr std::uint64_t kXattrValue = 65'536;
inline constexpr std::uint64_t kText = 4'096;
inline constexpr std::uint64_t kNumber = 9'999'999'999; ///< n of rosters and ledger entries
inline constexpr std::uint64_t kRoster = 16 << 20;
inline constexpr std::uint64_t kActors = 65'536;
inline constexpr std::uint64_t kOpen = 16 << 20;
inline constexpr std::uint64_t kMark = 64 << 20;
inline constexpr std::uint64_t kSmall = 64 << 10; ///< fence, forgotten, void
inline constexpr std::uint64_t kLedgerEntry = 1 << 20;
inline constexpr std::uint64_t kNote = 64 << 20;
inline constexpr unsigned kListLevels = 4;
inline constexpr unsigned kPageLevels = 16;
} // namespace limits

/// The greatest plain length of a chunk of this kind.
inline std::uint64_t chunk_limit(ChunkKind kind) {
    return kind == ChunkKind::data ? limits::kDataChunk : limits::kCatalogChunk;
}

/// `result`; if it is an error, with what() put before its message. Unlike Result::within it makes
/// that text only then: for what is called for every entry of a catalog.
template <class T, class What>
Result<T> named(Result<T> result, What what) {
    if (!result)
        return Failure(std::move(result.error()).within(what()));
    return result;
}

/// `object` followed by its self-check (FORMAT.md, 1.2).
Bytes with_self_check(Bytes object);
/// What stands before the self-check.
/// errors: corrupt if it does not fit
Result<BytesView> without_self_check(BytesView object);

} // namespace saoluu::format
