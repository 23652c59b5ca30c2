// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include "cli/exit_codes.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"
#include "util/unicode.hpp"

#include <algorithm>
#include <string>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::tr;

/// Where explanations begin.
constexpr std::size_t kIndent = 30;

std::string value_of(const CLI::Option* option) {
    return option->get_type_name() + (option->get_expected_max() > 1 ? "..." : "");
}

/// "  NAME      explanation", by the width that letters have on a terminal.
std::string explained_line(const std::string& name, const std::string& explanation) {
    std::string out = "  " + name;
    std::size_t width = util::display_width(out);
    if (width + 2 > kIndent) {
        out += '\n';
        width = 0;
    }
    out += std::string(kIndent - width, ' ');
    for (const char c : wrapped(explanation, kHelpColumns - kIndent))
        out += c == '\n' ? "\n" + std::string(kIndent, ' ') : std::string(1, c);
    return out + '\n';
}

class HelpFormatter : public CLI::Formatter {
public:
    explicit HelpFormatter(const CLI::App& root) : root_(root) {
        label("Positionals", tr("Arguments"));
    }

    std::string make_usage(const CLI::App* app, std::string name) const override {
        std::string usage =
            std::string(tr("Usage")) + ": " + (name.empty() ? app->get_name() : name);
        for (const CLI::Option* option :
             app->get_options([](const CLI::Option* o) { return o->get_positional(); }))
            usage += " " + value_of(option);
        if (!app->get_subcommands({}).empty())
            usage += " " + std::string(tr("COMMAND"));
        return usage + " " + tr("[OPTIONS]") + "\n";
    }

    std::string make_option(const CLI::Option* option, bool is_positional) const override {
        if (is_positional)
            return explained_line(value_of(option), option->get_description());
        std::string names = option->get_name(false, true);
        if (const std::size_t comma = names.find(','); comma != std::string::npos)
            names.insert(comma + 1, " ");
        if (option->get_type_size() != 0)
            names += " " + option->get_type_name();
        return explained_line(names, option->get_description());
    }

    std::string make_subcommand(const CLI::App* app) const override {
        return explained_line(app->get_name(), app->get_description());
    }

    std::string make_footer(const CLI::App* app) const override {
        std::string text = app->get_footer();
        if (app != &root_) {
            text += "\n" + std::string(tr("Options of every command:")) + "\n";
            for (const CLI::Option* option : root_.get_options())
                if (option != root_.get_help_ptr())
                    text += make_option(option, false);
        }
        return text + "\n" + exit_codes_help();
    }

private:
    const CLI::App& root_;
};

} // namespace

std::string examples_help(const std::string& examples) {
    std::string text = std::string(tr("Examples:")) + "\n";
    for (std::size_t at = 0; at < examples.size();) {
        const std::size_t end = std::min(examples.find('\n', at), examples.size());
        text += "  " + examples.substr(at, end - at) + "\n";
        at = end + 1;
    }
    return text;
}

std::shared_ptr<CLI::FormatterBase> help_formatter(const CLI::App& root) {
    return std::make_shared<HelpFormatter>(root);
}

} // namespace saoluu::cli
