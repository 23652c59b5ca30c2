// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog_reader.hpp"

#include "repo/damage.hpp"
#include "util/text.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace saoluu::engine {

using util::tr;

Result<void> CatalogReader::walk(const format::ChunkId& root, std::string_view below,
                                 const Visit& visit, const Damage& damage, const Enter& enter) {
    CatalogCursor cursor(access_, chunks_, domain_, root, below, damage);
    while (!cursor.at_end()) {
        if (cursor.at_page()) {
            if (enter && !enter(cursor.page()))
                cursor.pass();
            else
                TRY(cursor.enter());
            continue;
        }
        TRY(visit(cursor.entry()));
        cursor.pass();
    }
    return {};
}

namespace {

using EachSegment = std::function<Result<void>(const format::Segment&)>;

/// What stays the same from list to list.
struct Unfolding {
    const repo::Access& access;
    repo::ChunkReader& chunks;
    format::Domain domain;
    const EachSegment& each;
    KnownLists* known;

    Result<void> unfold(const std::vector<format::Segment>& segments,
                        std::optional<unsigned> level) {
        for (const format::Segment& segment : segments) {
            const auto* list = std::get_if<format::ChunkList>(&segment);
            TRY(list == nullptr ? each(segment) : unfold_once(*list, level));
        }
        return {};
    }

    Result<void> unfold_once(const format::ChunkList& list, std::optional<unsigned> level) {
        if (known == nullptr)
            return unfold_list(list, level);
        const ListUse use{.id = list.id, .length = list.length, .level = level, .domain = domain};
        if (const auto before = known->find(use); before != known->end())
            return before->second;
        Result<void> done = unfold_list(list, level);
        if (done || done.error().kind() == ErrorKind::corrupt)
            known->emplace(use, done);
        return done;
    }

    Result<void> unfold_list(const format::ChunkList& list, std::optional<unsigned> level) {
        const Result<util::BytesView> plain = chunks.read(format::ChunkKind::list, list.id, domain);
        if (!plain)
            return Failure(repo::as_damage(access, plain.error()));
        const format::SegmentList decoded = TRY(format::decode_list(*plain));
        std::uint64_t length = 0;
        for (const format::Segment& inside : decoded.segments)
            length += format::length_of(inside);
        if (length != list.length || (level && decoded.level + 1U != *level))
            return fail(ErrorKind::corrupt, tr("a list of chunks does not add up"));
        return unfold(decoded.segments, decoded.level);
    }
};

} // namespace

Result<void> for_each_segment(const repo::Access& access,
                              const std::vector<format::Segment>& segments,
                              repo::ChunkReader& chunks, format::Domain domain,
                              const EachSegment& each, KnownLists* known) {
    return Unfolding{access, chunks, domain, each, known}.unfold(segments, std::nullopt);
}

} // namespace saoluu::engine
