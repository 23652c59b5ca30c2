// SPDX-License-Identifier: Apache-2.0
#include "cli/app.hpp"

#include "cli/commands/command.hpp"
#include "cli/program.hpp"
#include "util/text.hpp"

#include <memory>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::message;
using util::printable;
using util::tr;

/// What CLI11 says about a command line, in our words: the part that it names is kept.
Error usage_error(const CLI::ParseError& error) {
    const std::string what = error.what();
    const std::string named =
        printable(what.substr(what.rfind(": ") == std::string::npos ? 0 : what.rfind(": ") + 2));
    const std::string option = printable(what.substr(0, what.find(':')));
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
        return {ErrorKind::usage, message(tr("unknown option or superfluous word: {}"), named)};
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
        return {ErrorKind::usage, tr("which command?")};
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
        return {ErrorKind::usage, message(tr("{}: one value is needed, and only once"), option)};
    if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr)
        return {ErrorKind::usage,
                message(tr("a value is not of the kind needed: {}"), printable(what))};
    return {ErrorKind::usage, printable(what)};
}

/// The path of commands that was typed, for "saoluu key issue --help".
std::string command_line_of(const CLI::App& root) {
    std::string text = "saoluu";
    for (const CLI::App* app = &root; !app->get_subcommands().empty();) {
        app = app->get_subcommands().back();
        text += " " + app->get_name();
    }
    return text;
}

Result<void> checked(const GlobalOptions& options) {
    if (!options.language.empty() && options.language != "vi" && options.language != "en")
        return fail(ErrorKind::usage,
                    message(tr("--lang {}: it is vi or en"), printable(options.language)));
    return {};
}

ExitCode run_command(const Program& program, Context& context) {
    for (const Command& command : program.commands) {
        if (!command.app->parsed())
            continue;
        const Result<ExitCode> done = command.run(context);
        if (done)
            return *done;
        context.output.error(done.error());
        return exit_code_of(done.error().kind());
    }
    const Error error(ErrorKind::usage, tr("which command?"));
    context.output.error(error);
    return ExitCode::usage;
}

} // namespace

FirstLook first_look(std::span<char* const> arguments) {
    constexpr std::string_view kLanguage = "--lang";
    FirstLook look;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view word = arguments[i];
        if (word == "--")
            break;
        if (word == "--json")
            look.json = true;
        else if (word == kLanguage && i + 1 < arguments.size())
            look.language = arguments[i + 1];
        else if (word.starts_with(kLanguage) && word.substr(kLanguage.size()).starts_with('='))
            look.language = arguments[i] + kLanguage.size() + 1;
    }
    if (const std::string_view language = look.language; language != "vi" && language != "en")
        look.language = "";
    return look;
}

ExitCode run_app(std::span<char* const> arguments, bool json, std::stop_token stop) {
    GlobalOptions options;
    Environment environment = Environment::take();
    Output output(json ? Output::Form::json : Output::Form::text);
    Program program(options);
    try {
        program.root.parse(static_cast<int>(arguments.size()), arguments.data());
    } catch (const CLI::CallForHelp&) {
        output.text(program.root.help());
        return output.finish() ? ExitCode::done : ExitCode::failed;
    } catch (const CLI::CallForVersion&) {
        output.text("saoluu " SAOLUU_VERSION "\n");
        return output.finish() ? ExitCode::done : ExitCode::failed;
    } catch (const CLI::ParseError& error) {
        output.error(usage_error(error));
        output.note(message(tr("Help: {} --help"), command_line_of(program.root)));
        return ExitCode::usage;
    }
    ExitCode code = ExitCode::usage;
    if (const auto sane = checked(options); !sane) {
        output.error(sane.error());
    } else {
        Context context{std::move(options), std::move(environment), output, std::move(stop)};
        code = run_command(program, context);
    }
    if (code == ExitCode::usage)
        output.note(message(tr("Help: {} --help"), command_line_of(program.root)));
    if (const auto written = output.finish(); !written) {
        output.error(written.error());
        return code == ExitCode::done ? ExitCode::failed : code;
    }
    return code;
}

} // namespace saoluu::cli
