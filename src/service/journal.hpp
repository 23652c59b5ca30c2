// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/telling.hpp"

#include <string>

namespace saoluu::service {

/// Writes a line to standard error: for the journal with its priority, else with the time.
void write_journal(Telling::Level level, const std::string& line);

} // namespace saoluu::service
