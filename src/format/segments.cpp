// SPDX-License-Identifier: Apache-2.0
#include "format/segments.hpp"

#include "util/assert.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <limits>

namespace saoluu::format {
namespace {

using util::tr;

constexpr std::uint64_t kHole = 0, kWholeChunk = 1, kPartOfChunk = 2, kChunkList = 3;
constexpr std::uint64_t kMostLength = std::numeric_limits<std::int64_t>::max(); // < 2^63

bool is_possible(const Hole& hole) {
    return hole.length >= 1 && hole.length <= kMostLength;
}
bool is_possible(const WholeChunk& whole) {
    return whole.length >= 1 && whole.length <= limits::kDataChunk;
}
bool is_possible(const PartOfChunk& part) {
    return part.length >= 1 && part.length <= limits::kDataChunk &&
           part.offset <= limits::kDataChunk - part.length;
}
bool is_possible(const ChunkList& list) {
    return list.length >= 1 && list.length <= kMostLength;
}
bool is_possible(const UnknownSegment& segment) {
    return segment.kind > kChunkList;
}

std::uint64_t kind_of(const Segment& segment) {
    if (const auto* unknown = std::get_if<UnknownSegment>(&segment))
        return unknown->kind;
    return segment.index(); // the variant has the known kinds in the order of their numbers
}
static_assert(std::is_same_v<std::variant_alternative_t<kHole, Segment>, Hole>);
static_assert(std::is_same_v<std::variant_alternative_t<kWholeChunk, Segment>, WholeChunk>);
static_assert(std::is_same_v<std::variant_alternative_t<kPartOfChunk, Segment>, PartOfChunk>);
static_assert(std::is_same_v<std::variant_alternative_t<kChunkList, Segment>, ChunkList>);

void write_body(util::Writer& out, const Hole& hole) {
    out.varint(util::varint_size(hole.length)).varint(hole.length);
}
template <class Whole> // a whole chunk or a list
void write_body(util::Writer& out, const Whole& whole) {
    out.varint(ChunkId::size + util::varint_size(whole.length))
        .raw(whole.id.view())
        .varint(whole.length);
}
void write_body(util::Writer& out, const PartOfChunk& part) {
    out.varint(ChunkId::size + util::varint_size(part.offset) + util::varint_size(part.length))
        .raw(part.id.view())
        .varint(part.offset)
        .varint(part.length);
}
void write_body(util::Writer& out, const UnknownSegment& segment) {
    out.bytes(segment.body);
}

Result<Segment> read_segment(std::uint64_t kind, BytesView body) {
    util::Reader in(body);
    Segment segment;
    if (kind == kHole) {
        segment = Hole{.length = TRY(in.varint(kMostLength))};
    } else if (kind == kPartOfChunk) {
        PartOfChunk part;
        part.id = TRY(in.id<ChunkId>());
        part.offset = TRY(in.varint(limits::kDataChunk));
        part.length = TRY(in.varint(limits::kDataChunk));
        segment = part;
    } else if (kind == kWholeChunk) {
        WholeChunk whole;
        whole.id = TRY(in.id<ChunkId>());
        whole.length = TRY(in.varint(limits::kDataChunk));
        segment = whole;
    } else if (kind == kChunkList) {
        ChunkList list;
        list.id = TRY(in.id<ChunkId>());
        list.length = TRY(in.varint(kMostLength));
        segment = list;
    } else {
        segment = UnknownSegment{.kind = kind, .body = util::copy_of(in.rest())};
    }
    TRY(in.finish());
    return segment;
}

Failure bad_list(const char* what) {
    return fail(ErrorKind::corrupt, what);
}

} // namespace

std::uint64_t length_of(const Segment& segment) {
    return std::visit(
        [](const auto& one) -> std::uint64_t {
            if constexpr (requires { one.length; })
                return one.length;
            else
                return 0;
        },
        segment);
}

Result<SegmentSum> sum_of(const std::vector<Segment>& segments) {
    SegmentSum sum;
    bool behind_hole = false;
    for (const Segment& segment : segments) {
        if (!std::visit([](const auto& one) { return is_possible(one); }, segment))
            return bad_list(tr("a segment of a file is not possible"));
        const bool is_hole = std::holds_alternative<Hole>(segment);
        if (is_hole && behind_hole)
            return bad_list(tr("two holes of a file are side by side"));
        behind_hole = is_hole;
        sum.has_part = sum.has_part || std::holds_alternative<PartOfChunk>(segment);
        if (const auto* unknown = std::get_if<UnknownSegment>(&segment); unknown && !sum.unknown)
            sum.unknown = unknown->kind;
        const std::uint64_t length = length_of(segment);
        if (length > kMostLength - sum.length)
            return bad_list(tr("the segments of a file are longer than any file"));
        sum.length += length;
    }
    return sum;
}

void write_segments(util::Writer& out, const std::vector<Segment>& segments) {
    out.varint(segments.size());
    for (const Segment& segment : segments) {
        out.varint(kind_of(segment));
        std::visit([&out](const auto& one) { write_body(out, one); }, segment);
    }
}

Result<std::vector<Segment>> read_segments(util::Reader& in) {
    // A kind and a length, at least; most take 35 bytes, so what a hostile count reserves is small.
    const std::size_t count = TRY(in.count(2, in.left()));
    std::vector<Segment> segments;
    segments.reserve(std::min(count, in.left() / (2 + ChunkId::size) + 1));
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t kind = TRY(in.varint());
        const BytesView body = TRY(in.bytes(in.left()));
        segments.push_back(TRY(read_segment(kind, body)));
    }
    return segments;
}

Bytes encode_list(const SegmentList& list) {
    ASSERT(list.level < limits::kListLevels && !list.segments.empty());
    for (const Segment& segment : list.segments)
        ASSERT(std::holds_alternative<UnknownSegment>(segment) ||
               std::holds_alternative<ChunkList>(segment) == (list.level > 0));
    ASSERT(sum_of(list.segments));
    util::Writer out;
    out.u8(list.level);
    write_segments(out, list.segments);
    ASSERT(out.size() <= limits::kCatalogChunk);
    return out.take();
}

Result<SegmentList> decode_list(BytesView plain) {
    const auto decode = [plain]() -> Result<SegmentList> {
        if (plain.size() > limits::kCatalogChunk)
            return bad_list(tr("it is too large"));
        util::Reader in(plain);
        SegmentList list;
        list.level = TRY(in.u8());
        if (list.level >= limits::kListLevels)
            return in.bad(tr("a list has an impossible level"));
        list.segments = TRY(read_segments(in));
        TRY(in.finish());
        if (list.segments.empty())
            return in.bad(tr("a list is empty"));
        for (const Segment& segment : list.segments)
            if (!std::holds_alternative<UnknownSegment>(segment) &&
                std::holds_alternative<ChunkList>(segment) != (list.level > 0))
                return in.bad(tr("a list has segments of another level"));
        TRY(sum_of(list.segments));
        return list;
    };
    return decode().within(tr("list of a file's segments"));
}

} // namespace saoluu::format
