// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

namespace saoluu {

/// Prepares a process that will handle secrets: starts the cryptographic libraries and keeps memory
/// out of core dumps and away from debuggers of other users. Called once, first of all.
/// errors: failure, unsupported if a library can't start
Result<void> prepare_process();

} // namespace saoluu
