// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/program.hpp"

#include <string>
#include <vector>

namespace saoluu::cli::manual {

/// An option of a command line, or an argument.
struct OptionText {
    std::vector<std::string> names; ///< "-q", "--quiet"; none: an argument
    std::string value;              ///< "FILE", "vi|en"; empty: a flag
    std::string what;
    bool many = false;              ///< may stand there several times
    bool is_value_optional = false; ///< what follows may be the next option or argument
};

/// What is to be told of a command: the same as its --help tells.
struct CommandText {
    std::vector<std::string> words; ///< saoluu key issue
    std::string what;               ///< a line
    std::string purpose;            ///< a paragraph
    std::string examples;           ///< a command a line
    std::vector<OptionText> arguments;
    std::vector<OptionText> options; ///< its own; the root's are those of every command
    std::vector<CommandText> commands;

    /// "saoluu key issue", or with another glue: "saoluu-key-issue"
    [[nodiscard]] std::string name(const char* glue = " ") const;
    /// The same without the program's name: "key issue".
    [[nodiscard]] std::string path(const char* glue = " ") const;
};

CommandText read_tree(const Program& program);

/// A command and all below it, in the order of the help.
std::vector<const CommandText*> all_of(const CommandText& root);

/// What a value is, as far as a shell can complete it. Of an English tree only.
enum class ValueKind {
    other,
    words, ///< one of several that stand there: "vi|en"
    path,
    place, ///< a store's name, or a folder
    job,
};
ValueKind kind_of(const OptionText& option);
/// "vi|en" as "vi en"
std::string words_of(const OptionText& option);

/// The text as a word in single quotes of a shell.
std::string quoted(const std::string& text);

std::string bash_completion(const CommandText& root);
std::string zsh_completion(const CommandText& root);
std::string fish_completion(const CommandText& root);

/// The manual page of a command, in man(7); root: for the options of every command.
/// date: of the release, as yyyy-mm-dd
std::string man_page(const CommandText& command, const CommandText& root, const std::string& date);

} // namespace saoluu::cli::manual
