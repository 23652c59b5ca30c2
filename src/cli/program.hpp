// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands/command.hpp"
#include "cli/options.hpp"

#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace saoluu::cli {

/// A command below the program's name, with what its help and its manual page say of it.
class CommandApp : public CLI::App {
public:
    /// what: a line, for the list of commands; examples: a command a line
    CommandApp(const std::string& name, const std::string& what, CLI::App& parent,
               std::string purpose, std::string examples)
        : CLI::App(what, name, &parent), purpose_(std::move(purpose)),
          examples_(std::move(examples)) {}

    [[nodiscard]] const std::string& purpose() const { return purpose_; }
    [[nodiscard]] const std::string& examples() const { return examples_; }

private:
    std::string purpose_;
    std::string examples_;
};

/// The whole program's command line. Beside being parsed it is what the manual pages and the
/// completions are written from (cli/manual), so that they say what the program does.
struct Program {
    CLI::App root;
    std::vector<Command> commands;

    /// options: outlives it
    explicit Program(GlobalOptions& options);
};

/// Its purpose, as a paragraph in one line, and its examples, a command a line.
std::string program_purpose();
std::string program_examples();

} // namespace saoluu::cli
