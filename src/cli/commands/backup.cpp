// SPDX-License-Identifier: Apache-2.0
#include "saoluu/backup.hpp"

#include "cli/commands/command.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

#include <memory>

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::human_size;
using util::message;
using util::tr;
using util::trn;

std::string text_of(const BackupSummary& summary) {
    Table table({{}, {}});
    table.add({tr("Files"), message(tr("{} (folders: {}, links: {})"), summary.files,
                                    summary.folders, summary.others)});
    const auto rate =
        summary.seconds > 0
            ? static_cast<std::uint64_t>(static_cast<double>(summary.bytes_read) / summary.seconds)
            : summary.bytes_read;
    table.add({tr("Read"), message(tr("{} in {:.1f} s ({}/s)"), human_size(summary.bytes_read),
                                   summary.seconds, human_size(rate))});
    table.add({tr("New"), message(tr("{} in {} of {} chunks"), human_size(summary.new_chunk_bytes),
                                  summary.new_chunks, summary.chunks)});
    table.add({tr("Stored"), message(trn("{} in {} pack", "{} in {} packs", summary.packs),
                                     human_size(summary.stored_bytes), summary.packs)});
    if (summary.left_out > 0)
        table.add({tr("Left out"), message(tr("{} (sockets and the like)"), summary.left_out)});
    if (summary.unreadable > 0)
        table.add({tr("Unreadable"), message(tr("{}, named above"), summary.unreadable)});
    const std::string title =
        message(summary.complete() ? tr("Snapshot {} is stored.")
                                   : tr("Snapshot {} is stored, but is not complete."),
                summary.snapshot.substr(0, 16));
    return title + "\n" + table.text(2);
}

Json json_of(const BackupSummary& summary) {
    return {{"type", "summary"},
            {"command", "backup"},
            {"snapshot", summary.snapshot},
            {"complete", summary.complete()},
            {"files", summary.files},
            {"folders", summary.folders},
            {"others", summary.others},
            {"left_out", summary.left_out},
            {"unreadable", summary.unreadable},
            {"bytes_read", summary.bytes_read},
            {"chunks", summary.chunks},
            {"new_chunks", summary.new_chunks},
            {"new_chunk_bytes", summary.new_chunk_bytes},
            {"stored_bytes", summary.stored_bytes},
            {"packs", summary.packs},
            {"seconds", summary.seconds}};
}

Result<ExitCode> run(Context& context, const BackupOptions& options) {
    if (options.sources.empty())
        return fail(ErrorKind::usage, tr("what shall be backed up? Name at least one file or "
                                         "folder"));
    Reporter reporter(context.output, context.shown());
    Repository repository = TRY(open_repository(context, reporter));
    const BackupSummary summary = TRY(backup(repository, options, reporter, context.stop));
    reporter.finish();
    if (context.output.is_json())
        context.output.object(json_of(summary));
    else
        context.output.text(text_of(summary));
    return summary.complete() ? ExitCode::done : ExitCode::incomplete;
}

} // namespace

Command add_backup(CLI::App& root) {
    const auto options = std::make_shared<BackupOptions>();
    CLI::App* const app = add_subcommand(
        root, "backup", tr("back up files and folders into a new snapshot"),
        tr("Backs up files and folders into a new snapshot. Only what the repository does not have "
           "yet is compressed, encrypted and stored. A key that only adds backups is enough. A "
           "file that can't be read is named, the rest goes on, and the exit code is 3."),
        "saoluu backup --repo /mnt/nas/saoluu --key-file backup.key ~/Documents\n"
        "saoluu backup --job ketoan --tag hang-ngay /srv/ketoan /srv/hoso");
    app->add_option("paths", options->sources, tr("files and folders to back up"))
        ->type_name(tr("PATH"))
        ->expected(-1);
    app->add_option("--job", options->job,
                    tr("a name for backups of the same things, to find the latest by"))
        ->type_name(tr("NAME"));
    app->add_option("--tag", options->tags,
                    tr("a word to remember this snapshot by; may be repeated"))
        ->type_name(tr("TAG"))
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
