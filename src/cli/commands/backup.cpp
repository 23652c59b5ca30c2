// SPDX-License-Identifier: Apache-2.0
#include "saoluu/backup.hpp"

#include "cli/commands/backup_run.hpp"
#include "util/sizes.hpp"
#include "util/text.hpp"

#include <memory>
#include <utility>
#include <vector>

#include <unistd.h>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::tr;

struct Options {
    BackupOptions backup;
    std::string exclude_larger_than;
    std::string stdin_name;
    std::string command_name;
    std::string suspect_loss;
};

/// What is read of standard input, or of the command that the words are.
/// errors: usage
Result<void> take_stream(const Options& given, BackupOptions& options) {
    if (!given.stdin_name.empty()) {
        if (::isatty(STDIN_FILENO) == 1)
            return fail(ErrorKind::usage,
                        tr("--stdin: standard input is this terminal; let a program write to it: "
                           "pg_dump -Fc vanphong | saoluu backup --stdin vanphong.dump"));
        options.stream = StreamSource{.name = given.stdin_name, .command = {}, .fd = STDIN_FILENO};
    } else if (!given.command_name.empty()) {
        if (options.sources.empty())
            return fail(ErrorKind::usage, tr("--command: which one? Write it behind --, with its "
                                             "arguments"));
        options.stream =
            StreamSource{.name = given.command_name, .command = std::move(options.sources)};
        options.sources.clear();
    }
    return {};
}

Result<ExitCode> run(Context& context, const Options& given) {
    BackupOptions options = given.backup;
    TRY(take_stream(given, options));
    if (!given.suspect_loss.empty())
        options.suspect_loss = TRY(suspect_loss_of(given.suspect_loss));
    if (options.sources.empty() && !options.stream)
        return fail(ErrorKind::usage, tr("what shall be backed up? Name at least one file or "
                                         "folder"));
    if (!given.exclude_larger_than.empty())
        options.exclude_larger_than = TRY(util::parse_size(given.exclude_larger_than));
    return exit_code_of(TRY(run_backup(context, std::move(options), TRY(targets_of(context)))));
}

void add_choosing(CLI::App& app, Options& options) {
    BackupOptions& backup = options.backup;
    const auto many = [&](const char* name, std::vector<std::string>& to, const char* what,
                          const char* type) {
        app.add_option(name, to, what)
            ->type_name(type)
            ->expected(1)
            ->allow_extra_args(false) // the next word is a path
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    };
    many("--tag", backup.tags, tr("a word to remember this snapshot by; may be repeated"),
         tr("TAG"));
    many("--exclude", backup.excludes,
         tr("leave out what matches, by the rules of .gitignore: *.tmp, /cache/ (at the top of a "
            "source), !keep.tmp; may be repeated"),
         tr("PATTERN"));
    many("--exclude-file", backup.exclude_files,
         tr("a file with such patterns, one a line; may be repeated"), tr("FILE"));
    app.add_option("--exclude-larger-than", options.exclude_larger_than,
                   tr("leave out files over this size: 500k, 64M, 2G"))
        ->type_name(tr("SIZE"));
    app.add_flag("--one-file-system", backup.one_file_system,
                 tr("leave out what is mounted inside a source"));
    app.add_flag("--keep-caches", backup.keep_caches,
                 tr("store folders too that say they are caches (CACHEDIR.TAG)"));
}

void add_streams(CLI::App& app, Options& options) {
    CLI::Option* const input =
        app.add_option("--stdin", options.stdin_name,
                       tr("back up what comes from standard input, as the file /NAME; beside files "
                          "and folders, or alone"));
    CLI::Option* const command =
        app.add_option("--command", options.command_name,
                       tr("run the words behind -- as a command, without a shell, and back up what "
                          "it writes, as the file /NAME; if it fails, there is no snapshot"));
    input->type_name(tr("NAME"));
    command->type_name(tr("NAME"))->excludes(input);
}

} // namespace

Command add_backup(CLI::App& root) {
    const auto options = std::make_shared<Options>();
    BackupOptions& backup = options->backup;
    CLI::App* const app = add_subcommand(
        root, "backup", tr("back up files and folders into a new snapshot"),
        tr("Backs up files and folders into a new snapshot. Only what the repository does not have "
           "yet is compressed, encrypted and stored; files that did not change since this "
           "computer's last backup are not even read. A key that only adds backups is enough. A "
           "file that can't be read is named, the rest goes on, and the exit code is 3. With "
           "several --repo, copies of one repository that mirror makes, what is read once goes to "
           "each; one that is away is left behind, with exit code 3 as well."),
        "saoluu backup --repo /mnt/nas/saoluu --key-file backup.key ~/Documents\n"
        "saoluu backup --repo nas --repo cloud --key-file backup.key ~/Documents\n"
        "saoluu backup --job ketoan --tag hang-ngay /srv/ketoan /srv/hoso\n"
        "saoluu backup --job csdl --command vanphong.dump -- pg_dump -Fc vanphong\n"
        "mysqldump vanphong | saoluu backup --job csdl --stdin vanphong.sql\n"
        "saoluu backup --exclude '*.iso' --exclude-file exclude-office.txt --dry-run ~");
    app->add_option("paths", backup.sources, tr("files and folders to back up"))
        ->type_name(tr("PATH"))
        ->expected(-1);
    app->add_option("--job", backup.job,
                    tr("a name for backups of the same things, to find the latest by"))
        ->type_name(tr("NAME"));
    add_choosing(*app, *options);
    add_streams(*app, *options);
    app->add_flag("--dry-run", backup.dry_run, tr("only show what would be done; store nothing"));
    app->add_flag("--force-read", backup.force_read, tr("read unchanged files too"));
    add_losses(*app, backup, options->suspect_loss);
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
