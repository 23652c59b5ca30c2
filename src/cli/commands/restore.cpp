// SPDX-License-Identifier: Apache-2.0
#include "saoluu/restore.hpp"

#include "cli/commands/command.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

#include <memory>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::human_size;
using util::message;
using util::tr;

struct Options {
    std::string from;
    std::string target;
};

ExitCode exit_code_of(const RestoreSummary& summary) {
    if (summary.damaged > 0)
        return ExitCode::damage;
    return summary.failed > 0 || summary.not_set > 0 ? ExitCode::incomplete : ExitCode::done;
}

std::string text_of(const RestoreSummary& summary, const std::string& target) {
    Table table({{}, {}});
    table.add({tr("Files"), message(tr("{} (folders: {}, links: {})"), summary.files,
                                    summary.folders, summary.others)});
    table.add(
        {tr("Written"), message(tr("{} in {:.1f} s"), human_size(summary.bytes), summary.seconds)});
    const auto add = [&table](const char* title, std::uint64_t count) {
        if (count > 0)
            table.add({title, std::to_string(count)});
    };
    add(tr("There already"), summary.already_there);
    add(tr("Left out"), summary.left_out);
    add(tr("Damaged"), summary.damaged);
    add(tr("Not written"), summary.failed);
    add(tr("Owner, mode or time not set"), summary.not_set);
    const char* title = summary.damaged > 0 || summary.failed > 0
                            ? tr("Snapshot {} is restored to {}, but not whole.")
                            : tr("Snapshot {} is restored to {}.");
    return message(title, summary.snapshot.substr(0, 16), util::printable(target)) + "\n" +
           table.text(2);
}

Json json_of(const RestoreSummary& summary) {
    return {{"type", "summary"},
            {"command", "restore"},
            {"snapshot", summary.snapshot},
            {"files", summary.files},
            {"folders", summary.folders},
            {"others", summary.others},
            {"bytes", summary.bytes},
            {"already_there", summary.already_there},
            {"left_out", summary.left_out},
            {"damaged", summary.damaged},
            {"failed", summary.failed},
            {"not_set", summary.not_set},
            {"seconds", summary.seconds}};
}

Result<ExitCode> run(Context& context, const Options& options) {
    if (options.from.empty())
        return fail(ErrorKind::usage,
                    tr("which snapshot? Name one of saoluu snapshots, or latest"));
    if (options.target.empty())
        return fail(ErrorKind::usage,
                    tr("where to? Name a folder with --target; it is made if it is missing"));
    Reporter reporter(context.output, context.shown());
    Repository repository = TRY(open_repository(context, reporter));
    const RestoreOptions request{.from = SnapshotPath::parse(options.from),
                                 .target = options.target};
    const RestoreSummary summary = TRY(restore(repository, request, reporter, context.stop));
    reporter.finish();
    if (context.output.is_json())
        context.output.object(json_of(summary));
    else
        context.output.text(text_of(summary, options.target));
    return exit_code_of(summary);
}

} // namespace

Command add_restore(CLI::App& root) {
    const auto options = std::make_shared<Options>();
    CLI::App* const app = add_subcommand(
        root, "restore", tr("bring back a snapshot, or a folder or file of it"),
        tr("Restores a snapshot, or a folder or file of it, into another folder. Every byte is "
           "verified. A file that is there already and differs is left alone and named. It needs a "
           "passphrase or a key that may read."),
        "saoluu restore latest --target /tmp/khoi-phuc\n"
        "saoluu restore latest:ketoan:/srv/ketoan/2026 --target ~/2026\n"
        "saoluu restore 3f9a61c2:/home/an/Documents/bao-cao.docx --target .");
    app->add_option("snapshot", options->from,
                    tr("a snapshot's id or its beginning, latest, or latest:JOB; then "
                       ":PATH for a part of it"))
        ->type_name(tr("SNAPSHOT[:PATH]"));
    app->add_option("--target", options->target,
                    tr("the folder to restore into; made if it is missing"))
        ->type_name(tr("FOLDER"));
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
