// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog_writer.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::engine {

using format::ChunkId;
using format::ChunkKind;
using format::Segment;

namespace {

constexpr std::size_t kLeastPage = 4 << 10;
constexpr std::size_t kMostPage = 64 << 10;
/// A cut comes once in 2^7 leaf entries (of about 100 bytes) and 2^8 links (of about 60).
constexpr std::uint64_t kLeafMask = (1 << 7) - 1;
constexpr std::uint64_t kInnerMask = (1 << 8) - 1;
/// So many links an inner page holds before its size ends it: where paths are long each level would
/// have as many pages as the one below otherwise, and whoever makes deep folders could stop
/// backups.
constexpr std::size_t kLeastLinks = 8;
static_assert(kLeastLinks * (format::limits::kPath + ChunkId::size + 16) <
              format::limits::kCatalogChunk);

/// An entry holds so many segments itself; beyond that they go into list chunks of so many at most.
constexpr std::size_t kSegmentsInEntry = 256;
constexpr std::size_t kSegmentsInList = 8192;
constexpr std::uint64_t kListMask = (1 << 8) - 1;

const ChunkId* id_of(const Segment& segment) {
    if (const auto* whole = std::get_if<format::WholeChunk>(&segment))
        return &whole->id;
    if (const auto* part = std::get_if<format::PartOfChunk>(&segment))
        return &part->id;
    if (const auto* list = std::get_if<format::ChunkList>(&segment))
        return &list->id;
    return nullptr;
}

} // namespace

Result<std::vector<Segment>> shorten(std::vector<Segment> segments, ChunkStore& chunks) {
    for (std::uint8_t level = 0;
         segments.size() > kSegmentsInEntry && level < format::limits::kListLevels; ++level) {
        std::vector<Segment> lists;
        format::SegmentList list{.level = level, .segments = {}};
        std::uint64_t length = 0;
        const auto end_list = [&]() -> Result<void> {
            const ChunkId id = TRY(chunks.put(ChunkKind::list, format::encode_list(list)));
            lists.push_back(format::ChunkList{.id = id, .length = std::exchange(length, 0)});
            list.segments.clear();
            return {};
        };
        for (Segment& segment : segments) {
            const ChunkId* id = id_of(segment);
            const bool ends = id != nullptr && (chunks.domain().list_cut(*id) & kListMask) == 0;
            length += format::length_of(segment);
            list.segments.push_back(std::move(segment));
            if (ends || list.segments.size() >= kSegmentsInList)
                TRY(end_list());
        }
        if (!list.segments.empty())
            TRY(end_list());
        segments = std::move(lists);
    }
    return segments;
}

Result<void> CatalogWriter::add(const format::Entry& entry) {
    const util::Bytes body = format::encode_body(entry);
    if (body.size() + entry.path.size() + 64 > format::limits::kCatalogChunk)
        return fail(ErrorKind::failure,
                    util::message(util::tr("{}: its attributes are too large for the catalog"),
                                  util::printable(entry.path)));
    TRY(make_room(0, entry.path, body.size() + entry.path.size()));
    levels_[0].add_entry(entry.path, body);
    return {};
}

Result<void> CatalogWriter::make_room(std::size_t level, std::string_view path, std::size_t size) {
    if (level == levels_.size())
        levels_.emplace_back(static_cast<std::uint8_t>(level));
    const format::PageWriter& page = levels_[level];
    if (page.count() == 0)
        return {};
    constexpr std::size_t kFraming = 16; // lengths in front of path and body
    const std::uint64_t mask = level == 0 ? kLeafMask : kInnerMask;
    const bool is_cut =
        page.size() >= kLeastPage &&
        (chunks_.domain().page_cut(static_cast<std::uint8_t>(level), util::as_bytes(path)) &
         mask) == 0;
    const bool may_be_full = level == 0 || page.count() >= kLeastLinks;
    if (is_cut || (may_be_full && page.size() + size + kFraming > kMostPage) ||
        page.paths() + path.size() > format::limits::kPagePaths)
        return end_page(level);
    return {};
}

Result<void> CatalogWriter::end_page(std::size_t level) {
    const std::string first = levels_[level].first_path();
    const util::Bytes plain = levels_[level].take();
    const ChunkId id = TRY(chunks_.put(ChunkKind::page, plain));
    return add_link(level + 1, first, id);
}

Result<void> CatalogWriter::add_link(std::size_t level, const std::string& path,
                                     const ChunkId& id) {
    if (level >= format::limits::kPageLevels)
        return fail(ErrorKind::failure, util::tr("the catalog is too deep"));
    TRY(make_room(level, path, path.size() + ChunkId::size));
    levels_[level].add_link(path, id);
    return {};
}

Result<ChunkId> CatalogWriter::finish() {
    for (std::size_t level = 0;; ++level) {
        const bool is_top = level + 1 == levels_.size();
        if (is_top) {
            const util::Bytes plain = levels_[level].take();
            return chunks_.put(ChunkKind::page, plain);
        }
        if (levels_[level].count() > 0)
            TRY(end_page(level));
    }
}

} // namespace saoluu::engine
