// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/output.hpp"

#include "saoluu/check.hpp"
#include "saoluu/config.hpp"

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace saoluu::cli {

/// What a check of one store found, and the verdict, for a person. Lines that end in '\n'.
std::string text_of(const CheckReport& report, const CheckConfig& config);

/// The same for programs: an object for each snapshot, and last the summary.
/// store: its name in the config file, or empty
/// space: of its disk, as space_of() has it
void show_json(Output& output, const CheckReport& report, const CheckConfig& config,
               const std::string& store, const nlohmann::ordered_json& space);

} // namespace saoluu::cli
