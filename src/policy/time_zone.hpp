// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <string>
#include <string_view>

#include <cctz/time_zone.h>

namespace saoluu::policy {

/// A time zone by its name in the system's database, as "Asia/Ho_Chi_Minh"; empty: this machine's.
/// errors: usage, no such zone, with how to have its database
Result<cctz::time_zone> find_time_zone(std::string_view name);

} // namespace saoluu::policy
