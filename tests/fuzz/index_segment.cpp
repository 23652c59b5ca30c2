// SPDX-License-Identifier: Apache-2.0
#include "format/index_segment.hpp"
#include "format/pack.hpp"
#include "fuzz.hpp"

/// An index segment, as one who may seal it can make it.

using namespace saoluu;
using namespace saoluu::fuzz;
using format::Kind;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView rest = Input(data, size).rest();
    const Bytes object =
        format::seal_object_with_salt(world().context(Kind::index_segment, {}), as_signed(rest),
                                      format::SelfCheck::no, world().salt);
    const auto opened = format::open_segment(world().repository, world().epoch, object);
    if (!opened)
        return 0;
    const format::IndexSegment& segment = opened->segment;
    for (const format::IndexEntry& entry : segment.entries) {
        demand(entry.pack < segment.packs.size(), "an entry's pack is one of the segment's");
        demand(entry.offset >= format::PackHeader::kSize &&
                   std::uint64_t{entry.offset} + entry.stored_size + crypto::kTagSize <=
                       segment.packs[entry.pack].size,
               "an entry's frame lies within its pack");
        demand(entry.plain_size <= format::chunk_limit(entry.kind), "a chunk is within its limit");
    }
    const Bytes again = segment.seal_with_salt(world().repository, world().epoch,
                                               opened->header.suite, world().signer, world().salt);
    const auto reopened = format::open_segment(world().repository, world().epoch, again);
    demand(reopened.has_value(), "what was encoded is decoded");
    demand_one_form(rest, rest_of(reopened->body));
    return 0;
}
