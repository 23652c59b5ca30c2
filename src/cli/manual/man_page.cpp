// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_codes.hpp"
#include "cli/manual/command_text.hpp"
#include "util/text.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace saoluu::cli::manual {
namespace {
using util::tr;

/// Text as man(7) shows it to the letter. What stands first in a line is no request.
std::string roff(const std::string& text) {
    std::string out;
    bool at_start = true;
    for (const char c : text) {
        if (at_start && (c == '.' || c == '\''))
            out += "\\&";
        at_start = c == '\n';
        switch (c) {
        case '\\':
            out += "\\e";
            break;
        case '-':
            out += "\\-"; // else a hyphen, which nobody could paste into a shell
            break;
        case '~':
            out += "\\(ti";
            break;
        case '^':
            out += "\\(ha";
            break;
        case '`':
            out += "\\(ga";
            break;
        case '\'':
            out += "\\(aq";
            break;
        default:
            out += c;
        }
    }
    return out;
}

std::string section(const char* title) {
    return fmt::format(".SH \"{}\"\n", roff(title));
}

std::string head_of(const OptionText& option) {
    std::string head;
    for (const std::string& name : option.names)
        head += (head.empty() ? "" : ", ") + ("\\fB" + roff(name) + "\\fR");
    if (!option.value.empty())
        head += (head.empty() ? "" : " ") + ("\\fI" + roff(option.value) + "\\fR") +
                (option.many && option.names.empty() ? "..." : "");
    return head;
}

std::string list_of(const std::vector<OptionText>& options) {
    std::string out;
    for (const OptionText& option : options)
        out += ".TP\n" + head_of(option) + "\n" + roff(option.what) + "\n";
    return out;
}

std::string synopsis(const CommandText& command) {
    std::string line = "\\fB" + roff(command.name()) + "\\fR";
    for (const OptionText& argument : command.arguments)
        line += " " + head_of(argument);
    if (!command.commands.empty())
        line += " \\fI" + roff(tr("COMMAND")) + "\\fR";
    return line + " " + roff(tr("[OPTIONS]")) + "\n";
}

std::string exit_status() {
    std::string out = section(tr("EXIT STATUS"));
    for (const auto& [code, meaning] : exit_code_meanings())
        out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", static_cast<int>(code), roff(meaning));
    return out;
}

struct Named {
    const char* name;
    const char* what;
};

std::string list_of(std::initializer_list<Named> things) {
    std::string out;
    for (const Named& thing : things)
        out += ".TP\n\\fB" + roff(thing.name) + "\\fR\n" + roff(thing.what) + "\n";
    return out;
}

std::string environment_and_files() {
    return section(tr("ENVIRONMENT")) +
           list_of({
               {"SAOLUU_REPO", tr("the repository, where --repo names none")},
               {"SAOLUU_CONFIG", tr("the config file, where --config names none")},
               {"SAOLUU_KEY_FILE", tr("the key file, where the command line names no key")},
               {"SAOLUU_PASSPHRASE_FILE",
                tr("a file whose first line is the passphrase, where the command line names no "
                   "key")},
               {"SAOLUU_PASSPHRASE",
                tr("the passphrase itself, where the command line names no key")},
               {"SAOLUU_STATE_DIR", tr("the state folder, in place of /var/lib/saoluu")},
               {"SAOLUU_CACHE_DIR", tr("the cache folder, in place of /var/cache/saoluu")},
           }) +
           section(tr("FILES")) +
           list_of({
               {"/etc/saoluu/saoluu.toml",
                tr("the config file of root and of the service: saoluu.toml(5)")},
               {"~/.config/saoluu/saoluu.toml", tr("the config file of everybody else")},
               {"/var/lib/saoluu, ~/.local/state/saoluu",
                tr("what this computer remembers: without it the next run is slower, and no "
                   "backup is lost")},
               {"/var/cache/saoluu, ~/.cache/saoluu",
                tr("what can be fetched or made again, and what waits to be sent")},
           });
}

/// The command above, those below, and those that everybody needs.
std::string see_also(const CommandText& command, const CommandText& root) {
    std::vector<std::string> pages;
    const auto add = [&](const std::string& name, int part) {
        if (name != command.name("-"))
            pages.push_back(fmt::format("\\fB{}\\fR({})", roff(name), part));
    };
    for (const CommandText* below : all_of(command))
        add(below->name("-"), 1);
    for (const CommandText* other : all_of(root)) // those between it and the root, and the root
        if (other != &command && other->words.size() < command.words.size() &&
            std::equal(other->words.begin(), other->words.end(), command.words.begin()))
            add(other->name("-"), 1);
    add("saoluu.toml", 5);
    std::string out = section(tr("SEE ALSO"));
    for (std::size_t i = 0; i < pages.size(); ++i)
        out += pages[i] + (i + 1 < pages.size() ? ",\n" : "\n");
    return out;
}

} // namespace

std::string man_page(const CommandText& command, const CommandText& root, const std::string& date) {
    std::string title = command.name("-");
    std::ranges::transform(title, title.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
    std::string page = ".\\\" Written from the program's command tree: change that.\n";
    page += fmt::format(".TH \"{}\" 1 \"{}\" \"saoluu {}\" \"{}\"\n.nh\n", roff(title), date,
                        SAOLUU_VERSION, tr("Manual of saoluu"));
    page += section(tr("NAME")) + roff(command.name("-")) + " \\- " + roff(command.what) + "\n";
    page += section(tr("SYNOPSIS")) + synopsis(command);
    page += section(tr("DESCRIPTION")) + roff(command.purpose) + "\n";
    if (!command.commands.empty()) {
        page += section(tr("COMMANDS"));
        for (const CommandText& below : command.commands)
            page +=
                fmt::format(".TP\n\\fB{}\\fR(1)\n{}\n", roff(below.name("-")), roff(below.what));
    }
    if (!command.arguments.empty())
        page += section(tr("ARGUMENTS")) + list_of(command.arguments);
    const bool is_root = &command == &root;
    if (!is_root && !command.options.empty())
        page += section(tr("OPTIONS")) + list_of(command.options);
    page += section(tr("OPTIONS OF EVERY COMMAND")) + list_of(root.options);
    page += exit_status();
    if (is_root)
        page += environment_and_files();
    if (!command.examples.empty())
        page += section(tr("EXAMPLES")) + ".EX\n" + roff(command.examples) + "\n.EE\n";
    return page + see_also(command, root);
}

} // namespace saoluu::cli::manual
