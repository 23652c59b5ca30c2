// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/check.hpp"

#include <string>
#include <vector>

namespace saoluu::cli {

/// What a check came to, for a person: whether the repository is sound; else which files of which
/// snapshots are concerned, and what to do next. Lines that end in '\n'.
std::string verdict_of(const CheckReport& report);

/// What to do next, a step for each kind of damage.
std::vector<std::string> next_steps_of(const CheckReport& report);

/// The name of a kind of damage in --json.
const char* name_of(DamageKind kind);
const char* name_of(CheckedSnapshot::State state);

/// The newest whole snapshot of each client's job of which another one is not; for each the
/// position in CheckReport::checked.
std::vector<std::size_t> last_whole_of(const CheckReport& report);

} // namespace saoluu::cli
