// SPDX-License-Identifier: Apache-2.0
#include "format/page.hpp"
#include "body_law.hpp"

/// A catalog page, its entries among it, as it comes out of a chunk.

using namespace saoluu;
using namespace saoluu::fuzz;
using format::Page;
using format::PageWriter;

namespace {

/// The bodies as they stand in a page that decodes.
std::vector<BytesView> bodies_of(BytesView plain) {
    util::Reader in(plain);
    demand(in.u8().has_value(), "a page has a level");
    const auto count = in.varint();
    demand(count.has_value(), "a page has a count");
    std::vector<BytesView> bodies;
    for (std::uint64_t i = 0; i < *count; ++i) {
        demand(in.varint() && in.bytes(in.left()), "an entry has a path");
        const auto body = in.bytes(in.left());
        demand(body.has_value(), "an entry has a body");
        bodies.push_back(*body);
    }
    return bodies;
}

Bytes again(const Page& page, BytesView plain) {
    PageWriter writer(page.level);
    if (page.is_leaf()) {
        const std::vector<BytesView> bodies = bodies_of(plain);
        demand(bodies.size() == page.entries.size(), "a page has as many entries as it says");
        for (std::size_t i = 0; i < bodies.size(); ++i) {
            demand_body(page.entries[i], bodies[i]);
            writer.add_entry(page.entries[i].path, bodies[i]);
        }
    }
    for (const format::PageLink& link : page.links)
        writer.add_link(link.path, link.id);
    return writer.take();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView plain = Input(data, size).rest();
    const auto page = format::decode_page(plain);
    if (!page)
        return 0;
    demand(page->entries.empty() != page->links.empty(), "a page has entries or links");
    demand_one_form(plain, again(*page, plain));
    return 0;
}
