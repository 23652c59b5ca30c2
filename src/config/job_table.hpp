// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/fields.hpp"

#include "saoluu/config.hpp"

namespace saoluu::config {

/// A [[job]] of the file. Whether its stores are in the file is not looked at.
/// errors: usage
Result<JobConfig> read_job(const FileContext& file, const Value& table);

} // namespace saoluu::config
