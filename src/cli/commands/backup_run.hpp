// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands/command.hpp"

#include "saoluu/backup.hpp"

#include <vector>

namespace saoluu::cli {

/// Backs up into these places and shows what came of it. A place that can't be opened is left behind
/// where there is another.
Result<ExitCode> run_backup(Context& context, BackupOptions options, std::vector<Target> targets);

} // namespace saoluu::cli
