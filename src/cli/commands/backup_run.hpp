// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands/command.hpp"

#include "saoluu/backup.hpp"

#include <string>
#include <vector>

namespace saoluu::cli {

/// Whose key a backup is made by: a computer's is to read nothing, and that is said where it can.
enum class KeyOf { person, computer };

/// Backs up into these places and shows what came of it. A place that can't be opened is left
/// behind where there is another.
Result<BackupSummary> run_backup(Context& context, BackupOptions options,
                                 std::vector<Target> targets, KeyOf whose = KeyOf::person);
ExitCode exit_code_of(const BackupSummary& summary);

/// The options that say what becomes of a source that lost much; suspect_loss: as it was written
void add_losses(CLI::App& app, BackupOptions& options, std::string& suspect_loss);
/// errors: usage
Result<double> suspect_loss_of(const std::string& text);

} // namespace saoluu::cli
