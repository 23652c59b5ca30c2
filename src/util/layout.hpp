// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace saoluu::util {

/// Breaks text at blanks into lines of at most `columns`; its own line ends stay.
std::string wrapped(std::string_view text, std::size_t columns);

/// "2026-11-23 15:30" of the machine's time zone
std::string local_time(std::int64_t seconds);
/// "2026-11-23" of the machine's time zone
std::string local_date(std::int64_t seconds);

} // namespace saoluu::util
