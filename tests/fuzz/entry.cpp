// SPDX-License-Identifier: Apache-2.0
#include "body_law.hpp"

/// One entry of a catalog, or a list of a large file's segments.

using namespace saoluu;
using namespace saoluu::fuzz;

namespace {

void try_list(BytesView plain) {
    const auto list = format::decode_list(plain);
    if (!list)
        return;
    demand(list->level < format::limits::kListLevels && !list->segments.empty(),
           "a list has a level and segments");
    demand_one_form(plain, format::encode_list(*list));
}

void try_body(BytesView body) {
    const auto entry = format::decode_body("a/b", body);
    if (entry)
        demand_body(*entry, body);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    if (in.choice(2) == 0)
        try_body(in.rest());
    else
        try_list(in.rest());
    return 0;
}
