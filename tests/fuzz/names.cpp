// SPDX-License-Identifier: Apache-2.0
#include "format/names.hpp"
#include "fuzz.hpp"
#include "made_name.hpp"

/// Names of objects, as a store lists them.

using namespace saoluu;
using namespace saoluu::fuzz;
namespace names = format::names;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView bytes = Input(data, size).rest();
    const auto name = names::parse(util::as_text(bytes));
    if (name)
        demand_one_form(bytes, util::as_bytes(test::made_name(*name)));
    return 0;
}
