// SPDX-License-Identifier: Apache-2.0
#include "format/text_objects.hpp"
#include "fuzz.hpp"

/// `format`, `place` and README.txt. With an even choice the check line is made good, so that what
/// is before it is reached.

using namespace saoluu;
using namespace saoluu::fuzz;

namespace {

template <class Object>
void try_object(BytesView bytes) {
    const auto object = Object::decode(bytes);
    if (object)
        demand_one_form(bytes, util::as_bytes(object->encode()));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    const unsigned choice = in.choice(6);
    Bytes bytes = util::copy_of(in.rest());
    if (choice % 2 == 0 && bytes.size() < 60'000)
        bytes = util::copy_of(util::as_bytes(format::encode_readme(util::as_text(bytes))));
    switch (choice / 2) {
    case 0:
        try_object<format::FormatObject>(bytes);
        break;
    case 1:
        try_object<format::PlaceObject>(bytes);
        break;
    default: {
        const auto text = format::text_without_check(bytes);
        demand(text.has_value() || choice % 2 == 1 || bytes.size() > 60'000,
               "a check line that was made fits");
        if (text && !text->empty())
            demand_one_form(bytes, util::as_bytes(format::encode_readme(*text)));
    }
    }
    return 0;
}
