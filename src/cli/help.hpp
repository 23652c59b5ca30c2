// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace CLI {
class App;
class FormatterBase;
} // namespace CLI

namespace saoluu::cli {

/// Lines of --help are no longer than this.
inline constexpr std::size_t kHelpColumns = 79;

/// CLI11's layout of --help with our words; behind what is the command's own stand the options of
/// every command and the exit codes. `root` must outlive it.
std::shared_ptr<CLI::FormatterBase> help_formatter(const CLI::App& root);

/// "Examples:", and the commands below it.
/// examples: a command a line
std::string examples_help(const std::string& examples);

} // namespace saoluu::cli
