// SPDX-License-Identifier: Apache-2.0
#include "cli/manual/command_text.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <array>

#include <fmt/ranges.h>

namespace saoluu::cli::manual {
namespace {

OptionText text_of(const CLI::Option& option) {
    OptionText text;
    for (const std::string& name : option.get_snames())
        text.names.push_back("-" + name);
    for (const std::string& name : option.get_lnames())
        text.names.push_back("--" + name);
    if (option.get_type_size() != 0)
        text.value = option.get_type_name();
    text.what = option.get_description();
    text.is_value_optional = !option.get_positional() && option.get_expected_min() == 0;
    text.many = option.get_expected_max() > 1 ||
                option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
    return text;
}

CommandText read(const CLI::App& app, std::vector<std::string> words) {
    CommandText text;
    words.push_back(app.get_name());
    text.words = words;
    text.what = app.get_description();
    if (const auto* const command = dynamic_cast<const CommandApp*>(&app)) {
        text.purpose = command->purpose();
        text.examples = command->examples();
    }
    for (const CLI::Option* const option : app.get_options()) {
        if (option->get_positional())
            text.arguments.push_back(text_of(*option));
        else if (!option->get_group().empty() &&
                 (words.size() == 1 || option != app.get_help_ptr()))
            text.options.push_back(text_of(*option));
    }
    for (const CLI::App* const below : app.get_subcommands({}))
        if (!below->get_group().empty())
            text.commands.push_back(read(*below, words));
    return text;
}

void collect(const CommandText& command, std::vector<const CommandText*>& to) {
    to.push_back(&command);
    for (const CommandText& below : command.commands)
        collect(below, to);
}

} // namespace

std::string CommandText::name(const char* glue) const {
    return fmt::format("{}", fmt::join(words, glue));
}

std::string CommandText::path(const char* glue) const {
    return fmt::format("{}", fmt::join(words.begin() + 1, words.end(), glue));
}

CommandText read_tree(const Program& program) {
    CommandText root = read(program.root, {});
    root.what = util::tr("encrypted, deduplicating backups that prove that they can be restored");
    root.purpose = program_purpose();
    root.examples = program_examples();
    return root;
}

std::vector<const CommandText*> all_of(const CommandText& root) {
    std::vector<const CommandText*> all;
    collect(root, all);
    return all;
}

ValueKind kind_of(const OptionText& option) {
    if (option.value.find('|') != std::string::npos)
        return ValueKind::words;
    if (option.value == "JOB")
        return ValueKind::job;
    if (option.value == "PLACE" || option.value == "FROM" || option.value == "TO")
        return ValueKind::place;
    constexpr std::array<const char*, 3> kPaths = {"FILE", "FOLDER", "PATH"};
    return std::ranges::find(kPaths, option.value) != kPaths.end() ? ValueKind::path
                                                                   : ValueKind::other;
}

std::string words_of(const OptionText& option) {
    std::string words = option.value;
    std::ranges::replace(words, '|', ' ');
    return words;
}

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

} // namespace saoluu::cli::manual
