// SPDX-License-Identifier: Apache-2.0
#include "cli/manual/command_text.hpp"

#include <set>

#include <fmt/format.h>

namespace saoluu::cli::manual {
namespace {

/// fish takes \ for a sign inside single quotes too.
std::string fish_quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\\' || c == '\'')
            out += '\\';
        out += c;
    }
    return out + "'";
}

std::string value_words(const OptionText& option) {
    switch (kind_of(option)) {
    case ValueKind::words:
        return " -x -a " + fish_quoted(words_of(option));
    case ValueKind::path:
        return " -r -F";
    case ValueKind::place:
        return " -x -a '(__saoluu_names store; __fish_complete_directories)'";
    case ValueKind::job:
        return " -x -a '(__saoluu_names job)'";
    case ValueKind::other:
        break;
    }
    return " -x";
}

std::string lines_of(const std::vector<OptionText>& options, const std::string& condition) {
    std::string out;
    for (const OptionText& option : options) {
        out += "complete -c saoluu" + condition;
        for (const std::string& name : option.names)
            out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
        if (!option.value.empty() && !option.is_value_optional)
            out += value_words(option);
        out += " -d " + fish_quoted(option.what) + "\n";
    }
    return out;
}

} // namespace

std::string fish_completion(const CommandText& root) {
    std::set<std::string> with_value;
    std::string paths;
    for (const CommandText* const command : all_of(root)) {
        if (command != &root)
            paths += " " + fish_quoted(command->path());
        for (const OptionText& option : command->options)
            if (!option.value.empty() && !option.is_value_optional)
                with_value.insert(option.names.begin(), option.names.end());
    }
    std::string takes;
    for (const std::string& name : with_value)
        takes += " " + name;
    std::string text =
        "# fish completion for saoluu; written from the program's command tree\n\n"
        "function __saoluu_names -d 'of the stores or jobs of the config file'\n"
        "    saoluu config show --json 2>/dev/null | string match -r "
        "'.*\"type\":\"'$argv[1]'\".*' | string replace -rf "
        "'.*\"name\":\"([A-Za-z0-9_-]*)\".*' '$1'\nend\n\n"
        "# Whether this is the command that was typed so far.\n"
        "function __saoluu_at\n    set -l words (commandline -opc)\n"
        "    set -l path\n    set -l takes 0\n    for word in $words[2..]\n"
        "        if test $takes = 1\n            set takes 0\n            continue\n"
        "        end\n        if contains -- $word" +
        takes +
        "\n            set takes 1\n        else if contains -- (string join ' ' -- "
        "$path $word)" +
        paths +
        "\n            set path $path $word\n        end\n    end\n"
        "    set -l typed (string join ' ' -- $path)\n    test \"$typed\" = \"$argv\"\nend\n\n";
    text += "complete -c saoluu -f\n" + lines_of(root.options, "");
    for (const CommandText* const command : all_of(root)) {
        const std::string condition = " -n " + fish_quoted("__saoluu_at " + command->path());
        for (const CommandText& below : command->commands)
            text += "complete -c saoluu" + condition + " -a " + below.words.back() + " -d " +
                    fish_quoted(below.what) + "\n";
        if (command == &root)
            continue;
        text += lines_of(command->options, condition);
        if (!command->arguments.empty() && kind_of(command->arguments.back()) != ValueKind::other)
            text +=
                "complete -c saoluu" + condition + value_words(command->arguments.back()) + "\n";
    }
    return text;
}

} // namespace saoluu::cli::manual
