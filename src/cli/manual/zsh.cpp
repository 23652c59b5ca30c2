// SPDX-License-Identifier: Apache-2.0
#include "cli/manual/command_text.hpp"

#include <fmt/format.h>

namespace saoluu::cli::manual {
namespace {

constexpr const char* kHead = R"sh(#compdef saoluu
# zsh completion for saoluu; written from the program's command tree

_saoluu_names() { # of the stores or jobs of the config file: they are letters, digits, - and _
    local -a names
    names=(${(f)"$(saoluu config show --json 2>/dev/null |
        sed -n "/\"type\":\"$1\"/s/.*\"name\":\"\([A-Za-z0-9_-]*\)\".*/\1/p")"})
    compadd -a names
}

_saoluu_places() {
    _saoluu_names store
    _files -/
}

)sh";

/// What a specification of _arguments would take for its own signs.
std::string spec_text(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '[' || c == ']' || c == ':' || c == '\\')
            out += '\\';
        out += c;
    }
    return out;
}

std::string value_spec(const OptionText& option) {
    const std::string value =
        (option.is_value_optional ? "::" : ":") + spec_text(option.value) + ":";
    switch (kind_of(option)) {
    case ValueKind::words:
        return value + "(" + words_of(option) + ")";
    case ValueKind::path:
        return value + "_files";
    case ValueKind::place:
        return value + "_saoluu_places";
    case ValueKind::job:
        return value + "_saoluu_names job";
    case ValueKind::other:
        break;
    }
    return value + " ";
}

std::string specs_of(const std::vector<OptionText>& options, const char* indent) {
    std::string out;
    for (const OptionText& option : options) {
        std::string others;
        for (const std::string& name : option.names)
            others += (others.empty() ? "" : " ") + name;
        for (const std::string& name : option.names) {
            const std::string before = option.many               ? "*"
                                       : option.names.size() > 1 ? "(" + others + ")"
                                                                 : "";
            out += indent +
                   quoted(before + name + "[" + spec_text(option.what) + "]" +
                          (option.value.empty() ? "" : value_spec(option))) +
                   "\n";
        }
    }
    return out;
}

std::string function_of(const CommandText& command, bool is_root) {
    const std::string name = "_" + command.name("_");
    std::string out = name + "() {\n";
    if (!command.commands.empty()) {
        out += "    local context state state_descr line\n    typeset -A opt_args\n"
               "    local -a commands\n    commands=(\n";
        for (const CommandText& below : command.commands)
            out += "        " + quoted(spec_text(below.words.back()) + ":" + below.what) + "\n";
        out += "    )\n    _arguments -C -S -s $_saoluu_options \\\n        '1: :->command' "
               "'*:: :->rest'\n"
               "    case $state in\n        command) _describe command commands ;;\n"
               "        rest)\n            case $words[1] in\n";
        for (const CommandText& below : command.commands)
            out += fmt::format("                {}) _{} ;;\n", below.words.back(), below.name("_"));
        out += "            esac\n            ;;\n    esac\n";
    } else {
        out += "    local -a own\n    own=(\n" + specs_of(command.options, "        ");
        for (const OptionText& argument : command.arguments)
            out += "        " + quoted((argument.many ? "*" : "") + value_spec(argument)) + "\n";
        out += "    )\n    _arguments -S -s $_saoluu_options $own\n";
    }
    return out + "}\n" + (is_root ? "" : "\n");
}

} // namespace

std::string zsh_completion(const CommandText& root) {
    std::string text = kHead;
    text += "typeset -ga _saoluu_options\n_saoluu_options=(\n" + specs_of(root.options, "    ") +
            ")\n\n";
    for (const CommandText* const command : all_of(root))
        if (command != &root)
            text += function_of(*command, false);
    return text + function_of(root, true) + "\n_saoluu \"$@\"\n";
}

} // namespace saoluu::cli::manual
