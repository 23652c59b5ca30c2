// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/fields.hpp"

#include "saoluu/config.hpp"

namespace saoluu::config {

/// The [check] of the file.
/// errors: usage
Result<CheckConfig> read_check(const FileContext& file, const Value& table);

} // namespace saoluu::config
