// SPDX-License-Identifier: Apache-2.0
#include "cli/manual/command_text.hpp"

#include <set>

#include <fmt/format.h>

namespace saoluu::cli::manual {
namespace {

constexpr const char* kHead =
    R"sh(# bash completion for saoluu; written from the program's command tree

_saoluu_names() { # of the stores or jobs of the config file: they are letters, digits, - and _
    saoluu config show --json 2>/dev/null |
        sed -n "/\"type\":\"$1\"/s/.*\"name\":\"\([A-Za-z0-9_-]*\)\".*/\1/p"
}

_saoluu_paths() { # with the options of compgen
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$@" -- "$cur")
}

_saoluu_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_saoluu_value() { # what follows an option, or an argument: words, path, place, job
    case $1 in
        path) _saoluu_paths -f ;;
        place)
            local folders
            _saoluu_paths -d
            folders=("${COMPREPLY[@]}")
            _saoluu_words "$(_saoluu_names store)"
            COMPREPLY+=("${folders[@]}")
            ;;
        job) _saoluu_words "$(_saoluu_names job)" ;;
        words) _saoluu_words "$2" ;;
    esac
}

_saoluu() {
    local cur=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD - 1]} command="" word i takes=0
    COMPREPLY=()
    # bash takes --lang=vi apart: --lang = vi
    if [[ $cur == "=" ]]; then
        cur=""
    elif [[ $last == "=" ]]; then
        last=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((takes)) && [[ $word != "=" ]]; then
            takes=0
            continue
        fi
)sh";

const char* name_of(ValueKind kind) {
    switch (kind) {
    case ValueKind::words:
        return "words";
    case ValueKind::path:
        return "path";
    case ValueKind::place:
        return "place";
    case ValueKind::job:
        return "job";
    case ValueKind::other:
        break;
    }
    return "other";
}

std::string value_line(const OptionText& option) {
    return fmt::format("_saoluu_value {} {}", name_of(kind_of(option)), quoted(words_of(option)));
}

std::string names_of(const std::vector<OptionText>& options) {
    std::string names;
    for (const OptionText& option : options)
        for (const std::string& name : option.names)
            names += " " + name;
    return names;
}

} // namespace

std::string bash_completion(const CommandText& root) {
    std::set<std::string> with_value;
    std::string paths, values, arguments, options;
    for (const CommandText* const command : all_of(root)) {
        const std::string path = command->path();
        if (!path.empty())
            paths += (paths.empty() ? "" : " | ") + quoted(path);
        for (const OptionText& option : command->options) {
            if (option.value.empty() || option.is_value_optional)
                continue;
            for (const std::string& name : option.names) {
                with_value.insert(name);
                values +=
                    fmt::format("        {}{}) {}; return ;;\n", path.empty() ? "*" : quoted(path),
                                quoted(":" + name), value_line(option));
            }
        }
        std::string commands;
        for (const CommandText& below : command->commands)
            commands += " " + below.words.back();
        if (!commands.empty())
            arguments += fmt::format("        {}) _saoluu_words {} ;;\n", quoted(path),
                                     quoted(commands.substr(1)));
        else if (!command->arguments.empty())
            arguments += fmt::format("        {}) {} ;;\n", quoted(path),
                                     value_line(command->arguments.back()));
        if (!path.empty())
            options += fmt::format("        {}) own={} ;;\n", quoted(path),
                                   quoted(names_of(command->options)));
    }
    std::string takes;
    for (const std::string& name : with_value)
        takes += (takes.empty() ? "" : " | ") + name;
    std::string text = kHead;
    text += "        case $word in\n            " + takes + ") takes=1 ;;\n            -*) ;;\n" +
            "            *)\n                case ${command:+$command }$word in\n          "
            "          " +
            paths + ") command=${command:+$command }$word ;;\n                esac\n" +
            "                ;;\n        esac\n    done\n";
    text += "    case $command:$last in\n" + values + "    esac\n";
    text += "    if [[ $cur == -* ]]; then\n        local own=\"\"\n        case $command "
            "in\n" +
            options + "        esac\n        _saoluu_words \"$own" + names_of(root.options) +
            "\"\n        return\n    fi\n";
    text += "    case $command in\n" + arguments + "    esac\n}\ncomplete -F _saoluu saoluu\n";
    return text;
}

} // namespace saoluu::cli::manual
