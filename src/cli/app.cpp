// SPDX-License-Identifier: Apache-2.0
#include "cli/app.hpp"

#include "cli/commands/command.hpp"
#include "cli/help.hpp"
#include "cli/table.hpp"
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

void add_global_options(CLI::App& app, GlobalOptions& options) {
    add_place_options(app, options);
    app.add_option("--key-file", options.key_file,
                   tr("key file that opens it (or SAOLUU_KEY_FILE)"))
        ->type_name(tr("FILE"));
    app.add_option("--passphrase-file", options.passphrase_file,
                   tr("file whose first line is the passphrase (or "
                      "SAOLUU_PASSPHRASE_FILE, or SAOLUU_PASSPHRASE itself); without "
                      "any, it is asked for"))
        ->type_name(tr("FILE"));
    app.add_option("--slot", options.slot,
                   tr("try the passphrase only on this slot of saoluu key list"))
        ->type_name(tr("ID"));
    app.add_flag("--json", options.json, tr("results as JSON, one object a line, for programs"));
    app.add_flag("-q,--quiet", options.quiet, tr("no progress; results stay"));
    app.add_flag("-v,--verbose", options.verbose, tr("say more about what is done"));
    app.add_option("--lang", options.language,
                   tr("language of messages: vi or en (by default the system's)"))
        ->type_name("vi|en");
    app.set_version_flag("--version", "saoluu " SAOLUU_VERSION, tr("show the version"));
    app.set_help_flag("-h,--help", tr("show this help"));
}

std::string root_examples() {
    return std::string(tr("Examples:")) + R"(
  saoluu init --repo /mnt/nas/saoluu --holder "Nguyễn Văn An" --backup-key backup.key
  saoluu backup --repo /mnt/nas/saoluu --key-file backup.key ~/Documents
  saoluu snapshots --repo /mnt/nas/saoluu --key-file backup.key
  saoluu check --repo /mnt/nas/saoluu --key-file backup.key
  saoluu restore --repo /mnt/nas/saoluu latest --target /tmp/khoi-phuc
)" + "\n" + tr("More about a command: saoluu COMMAND --help") +
           "\n";
}

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

/// A command that is nothing but the commands below it.
CLI::App& add_group(CLI::App& root, const std::string& name, const std::string& what,
                    const std::string& purpose, const std::string& examples) {
    CLI::App* const group = add_subcommand(root, name, what, purpose, examples);
    group->require_subcommand(0, 1);
    return *group;
}

/// The whole program's command line.
struct Program {
    CLI::App root;
    std::vector<Command> commands;

    explicit Program(GlobalOptions& options) {
        root.name("saoluu");
        root.description(
            wrapped(tr("Backs up files, encrypted and deduplicated, so that a stolen or infected "
                       "computer can neither read nor change earlier backups, and proves that "
                       "they can be restored."),
                    kHelpColumns) +
            "\n");
        root.footer(root_examples());
        root.formatter(help_formatter(root));
        root.require_subcommand(0, 1);
        root.option_defaults()->group(tr("Options")); // of all commands too
        add_global_options(root, options);
        commands = {add_init(root),   add_backup(root), add_snapshots(root), add_ls(root),
                    add_find(root),   add_diff(root),   add_restore(root),   add_check(root),
                    add_mirror(root), add_heal(root),   add_doctor(root)};
        CLI::App& key = add_group(
            root, "key", tr("give people keys, and see who holds which"),
            tr("Every person and every computer has a key of its own, which names its holder and "
               "what it may do. Nobody shares one."),
            "saoluu key list\nsaoluu key issue --help");
        commands.push_back(add_key_issue(key));
        commands.push_back(add_key_list(key));
        CLI::App& repair = add_group(
            root, "repair", tr("make good what a check found damaged"),
            tr("Makes good what can be made again from what is still there. Nothing that holds "
               "data is ever changed or removed."),
            "saoluu repair index --help");
        commands.push_back(add_repair_index(repair));
        CLI::App& job = add_group(root, "job", tr("run and list the jobs of the config file"),
                                  tr("A job says what is backed up together, and to which stores: "
                                     "a [[job]] of the config "
                                     "file."),
                                  "saoluu job list\nsaoluu job run vanphong");
        commands.push_back(add_job_list(job));
        commands.push_back(add_job_run(job));
        CLI::App& config =
            add_group(root, "config", tr("check and show the config file"),
                      tr("The config file names stores and jobs. Nothing here changes it."),
                      "saoluu config check\nsaoluu config show");
        commands.push_back(add_config_check(config));
        commands.push_back(add_config_show(config));
    }
};

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
