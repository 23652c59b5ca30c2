// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

#include "cli/help.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

namespace saoluu::cli {
namespace {
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

/// A command that is nothing but the commands below it.
CLI::App& add_group(CLI::App& root, const std::string& name, const std::string& what,
                    const std::string& purpose, const std::string& examples) {
    CLI::App* const group = add_subcommand(root, name, what, purpose, examples);
    group->require_subcommand(0, 1);
    return *group;
}

} // namespace

std::string program_purpose() {
    return tr("Backs up files, encrypted and deduplicated, so that a stolen or infected computer "
              "can neither read nor change earlier backups, and proves that they can be "
              "restored.");
}

std::string program_examples() {
    return "saoluu init --repo /mnt/nas/saoluu --holder \"Nguyễn Văn An\" --backup-key backup.key\n"
           "saoluu backup --repo /mnt/nas/saoluu --key-file backup.key ~/Documents\n"
           "saoluu snapshots --repo /mnt/nas/saoluu --key-file backup.key\n"
           "saoluu check --repo /mnt/nas/saoluu --key-file backup.key\n"
           "saoluu restore --repo /mnt/nas/saoluu latest --target /tmp/khoi-phuc";
}

Program::Program(GlobalOptions& options) {
    root.name("saoluu");
    root.description(wrapped(program_purpose(), kHelpColumns) + "\n");
    root.footer(examples_help(program_examples()) + "\n" +
                tr("More about a command: saoluu COMMAND --help") + "\n");
    root.formatter(help_formatter(root));
    root.require_subcommand(0, 1);
    root.option_defaults()->group(tr("Options")); // of all commands too
    add_global_options(root, options);
    commands = {add_setup(root), add_init(root),   add_backup(root), add_snapshots(root),
                add_ls(root),    add_find(root),   add_diff(root),   add_restore(root),
                add_check(root), add_mirror(root), add_heal(root),   add_doctor(root),
                add_daemon(root)};
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
    CLI::App& config = add_group(
        root, "config", tr("check and show the config file"),
        tr("The config file names stores, jobs and who is told. Nothing here changes it."),
        "saoluu config check\nsaoluu config show\nsaoluu config test-notify");
    commands.push_back(add_config_check(config));
    commands.push_back(add_config_show(config));
    commands.push_back(add_config_test_notify(config));
}

} // namespace saoluu::cli
