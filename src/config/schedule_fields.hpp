// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/fields.hpp"

#include "saoluu/config.hpp"

namespace saoluu::config {

/// Typed values of fields that are about times. All errors are usage, as those of fields.hpp.

/// One calendar expression, or a list of them.
Result<std::vector<std::string>> schedule_of(const FileContext& file, const Value& value);
/// The name of a zone that this machine knows.
Result<std::string> zone_of(const FileContext& file, const Value& value);
/// The table [working_days].
Result<WorkingDays> working_days_of(const FileContext& file, const Value& value);

} // namespace saoluu::config
