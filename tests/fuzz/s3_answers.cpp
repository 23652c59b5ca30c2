// SPDX-License-Identifier: Apache-2.0
#include "store/s3_answers.hpp"
#include "fuzz.hpp"
#include "store/http.hpp"

/// What an S3 service answers: pages of a listing, refusals, retention, versioning; and what a key
/// is encoded as in them.

using namespace saoluu;
using namespace saoluu::fuzz;

namespace {

void try_page(BytesView xml) {
    const auto page = store::parse_s3_page(xml);
    if (!page)
        return;
    demand(page->objects.size() <= xml.size(), "a page has no more objects than bytes");
    for (const store::ObjectInfo& object : page->objects)
        demand(!object.name.empty() && object.name.size() <= xml.size(),
               "a key is there, and no longer than the page");
}

void try_encoding(BytesView bytes) {
    const std::string_view text = util::as_text(bytes);
    for (const auto slashes : {store::Slashes::keep, store::Slashes::encode})
        demand(store::url_decoded(store::url_encoded(text, slashes)) == text,
               "what was encoded is decoded to the same bytes");
    const auto decoded = store::url_decoded(text);
    demand(!decoded || decoded->size() <= text.size(), "decoding makes nothing longer");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    switch (in.choice(5)) {
    case 0:
        try_page(in.rest());
        break;
    case 1:
        demand(store::parse_s3_refusal(in.rest()).code.size() <= size,
               "a code is no longer than its answer");
        break;
    case 2:
        static_cast<void>(store::parse_s3_retention_mode(in.rest()));
        static_cast<void>(store::parse_s3_retention_end(in.rest()));
        break;
    case 3:
        static_cast<void>(store::parse_s3_versioning(in.rest()));
        break;
    default:
        try_encoding(in.rest());
    }
    return 0;
}
