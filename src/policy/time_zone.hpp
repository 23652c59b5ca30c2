// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <cctz/time_zone.h>

namespace saoluu::policy {

/// A time zone by its name in the system's database, as "Asia/Ho_Chi_Minh"; empty: this machine's.
/// errors: usage, no such zone, with how to have its database
Result<cctz::time_zone> find_time_zone(std::string_view name);

/// What the clock on the wall shows there: both are seconds since 1970, the one of UTC, the other
/// of that clock. Threads: many at once.
std::function<std::int64_t(std::int64_t moment)> wall_clock(cctz::time_zone zone);

} // namespace saoluu::policy
