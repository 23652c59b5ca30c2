// SPDX-License-Identifier: Apache-2.0
#include "format/note.hpp"
#include "fuzz.hpp"

/// The note of a snapshot, as its chunks give it.

using namespace saoluu;
using namespace saoluu::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView plain = Input(data, size).rest();
    const auto note = format::decode_note(plain);
    if (note)
        demand_one_form(only_known(plain, {1, 2, 3, 5, 7, 9}), format::encode_note(*note));
    return 0;
}
