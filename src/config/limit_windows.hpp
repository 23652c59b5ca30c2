// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/fields.hpp"

#include "saoluu/reach.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace saoluu::config {

/// Days and times of day, as "Mon..Fri 07:30-17:00", "Sat,Sun" (all day) or "22:00-06:00" (each
/// day, to the morning of the next), without limits. Nothing: it is none.
std::optional<LimitWindow> parse_window(std::string_view text);

/// The `windows` of a store: a list of { when = "…", limit_upload = "500k", limit_download =
/// "none" }.
/// errors: usage
Result<std::vector<LimitWindow>> windows_of(const FileContext& file, const Value& value);

} // namespace saoluu::config
