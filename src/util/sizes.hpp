// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <cstdint>
#include <string>

namespace saoluu::util {

/// Bytes of a size as a person writes it: "500000", "64k", "1.5 GB", "2GiB"; each step is 1024.
/// errors: usage
Result<std::uint64_t> parse_size(const std::string& text);

} // namespace saoluu::util
