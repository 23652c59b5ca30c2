// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"
#include "saoluu/result.hpp"

#include <string>

namespace saoluu::cli {

/// The last second of a day "2027-12-31" in the machine's time zone.
/// errors: usage if there is no such day, or it is not written so
Result<UnixTime> end_of_day(const std::string& date);

} // namespace saoluu::cli
