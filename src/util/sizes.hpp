// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace saoluu::util {

/// Bytes of a size as a person writes it: "500000", "64k", "1.5 GB", "2GiB"; each step is 1024.
/// errors: usage
Result<std::uint64_t> parse_size(const std::string& text);

/// Per cent of a share as a person writes it: "10%", "2.5 %" or "10"; nothing if it is not from 1
/// to 100.
std::optional<double> parse_share(std::string_view text);

} // namespace saoluu::util
