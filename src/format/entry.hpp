// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/types.hpp"

#include <compare>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// What a catalog says of one file, folder or link (FORMAT.md, 12.1 to 12.3).
namespace saoluu::format {

/// Order of paths: bytes as unsigned, `/` counting as 0, so that a folder comes right before what
/// is in it.
std::strong_ordering compare_paths(std::string_view a, std::string_view b);

/// errors: corrupt, naming what the path has that it may not (NUL, empty part, `.`, `..`, too long,
/// too deep)
Result<void> check_path(std::string_view path);

struct Hole {
    std::uint64_t length = 0;
    friend bool operator==(const Hole&, const Hole&) = default;
};
struct WholeChunk {
    ChunkId id;
    std::uint64_t length = 0;
    friend bool operator==(const WholeChunk&, const WholeChunk&) = default;
};
struct PartOfChunk {
    ChunkId id;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    friend bool operator==(const PartOfChunk&, const PartOfChunk&) = default;
};
struct ChunkList {
    ChunkId id;
    std::uint64_t length = 0;
    friend bool operator==(const ChunkList&, const ChunkList&) = default;
};
/// A kind that this version does not know: its file is refused by name.
struct UnknownSegment {
    std::uint64_t kind = 0;
    Bytes body;
    friend bool operator==(const UnknownSegment&, const UnknownSegment&) = default;
};
using Segment = std::variant<Hole, WholeChunk, PartOfChunk, ChunkList, UnknownSegment>;

/// Bytes of the file that a segment stands for; 0 if unknown.
std::uint64_t length_of(const Segment& segment);

struct Xattr {
    std::string name;
    Bytes value;
    friend bool operator==(const Xattr&, const Xattr&) = default;
};

enum class FileType : std::uint8_t {
    file = 1,
    folder = 2,
    symlink = 3,
    fifo = 4,
    character = 5,
    block = 6,
    socket = 7
};

struct Entry {
    std::string path; ///< without leading `/`; empty: the root
    FileType type = FileType::file;
    std::uint32_t mode = 0; ///< 07777 bits
    std::uint64_t uid = 0;
    std::uint64_t gid = 0;
    std::int64_t mtime_seconds = 0;
    std::uint32_t mtime_nanoseconds = 0;
    std::uint64_t size = 0;        ///< of a file
    std::vector<Segment> segments; ///< of a file
    std::string target;            ///< of a symbolic link
    std::uint64_t device_major = 0;
    std::uint64_t device_minor = 0;
    std::vector<Xattr> xattrs; ///< ascending by name
    std::optional<LinkGroup> link_group;
    std::optional<Hash> file_hash;
    /// Why this entry can't be used by this version (an unknown type, segment or critical field);
    /// its path is good.
    std::optional<std::string> refused;

    friend bool operator==(const Entry&, const Entry&) = default;
};

/// The body of a leaf entry: everything but the path. A caller looks whether it is within
/// limits::kBody, which many extended attributes or segments can exceed.
/// entry: not refused; xattrs within the limits of FORMAT.md
Bytes encode_body(const Entry& entry);
/// errors: corrupt. What is well formed but unknown comes back with `refused` set.
Result<Entry> decode_body(std::string path, BytesView body);

/// A list chunk: segments of a file that has many.
struct SegmentList {
    std::uint8_t level = 0;
    std::vector<Segment> segments;
};
Bytes encode_list(const SegmentList& list);
Result<SegmentList> decode_list(BytesView plain);

} // namespace saoluu::format
