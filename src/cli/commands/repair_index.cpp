// SPDX-License-Identifier: Apache-2.0
#include "saoluu/repair.hpp"

#include "cli/commands/command.hpp"
#include "cli/help.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

#include <memory>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::message;
using util::tr;

std::string title_of(const RepairIndexReport& report) {
    const bool did_something = report.segments_put > 0 || report.segments_removed > 0;
    if (!report.sound())
        return tr("The index is repaired as far as that can be, but something is damaged for good; "
                  "it is named above. saoluu check says which files it costs, and what to do.");
    if (!report.complete())
        return tr("The index is repaired in part. The rest needs an admin's passphrase, on a store "
                  "that lets him remove index segments: run saoluu repair index with it.");
    if (report.dry_run && did_something)
        return tr("Nothing was changed (dry run). This would be done:");
    return did_something ? tr("The index is whole again.")
                         : tr("The index was whole already; nothing was changed.");
}

std::string text_of(const RepairIndexReport& report) {
    Table table({{}, {}});
    const auto add = [&table](const char* title, std::uint64_t count) {
        if (count > 0)
            table.add({title, std::to_string(count)});
    };
    table.add({tr("Packs"), std::to_string(report.packs)});
    add(tr("Packs added to the index"), report.packs_added);
    add(tr("Chunks added to the index"), report.chunks_added);
    add(tr("Index segments put"), report.segments_put);
    add(tr("Index segments lost or damaged"), report.segments_lost);
    add(tr("Index segments that were wrong"), report.segments_wrong);
    add(tr("Index segments replaced"), report.segments_replaced);
    add(tr("Index segments removed"), report.segments_removed);
    add(tr("Packs left to an admin's key"), report.packs_left);
    add(tr("Index segments left"), report.segments_left);
    add(tr("Damaged packs"), report.damaged_packs);
    add(tr("Missing packs"), report.missing_packs);
    add(tr("Snapshots with damage"), report.damaged_snapshots);
    table.add({tr("Time"), message(tr("{:.1f} s"), report.seconds)});
    return wrapped(title_of(report), kHelpColumns) + "\n" + table.text(2);
}

Json json_of(const RepairIndexReport& report) {
    return {{"type", "summary"},
            {"command", "repair index"},
            {"dry_run", report.dry_run},
            {"sound", report.sound()},
            {"complete", report.complete()},
            {"packs", report.packs},
            {"packs_added", report.packs_added},
            {"chunks_added", report.chunks_added},
            {"segments_put", report.segments_put},
            {"segments_lost", report.segments_lost},
            {"segments_wrong", report.segments_wrong},
            {"segments_replaced", report.segments_replaced},
            {"segments_removed", report.segments_removed},
            {"packs_left", report.packs_left},
            {"segments_left", report.segments_left},
            {"damaged_packs", report.damaged_packs},
            {"missing_packs", report.missing_packs},
            {"damaged_snapshots", report.damaged_snapshots},
            {"seconds", report.seconds}};
}

Result<ExitCode> run(Context& context, const RepairIndexOptions& options) {
    Reporter reporter(context.output, context.shown());
    Repository repository = TRY(open_repository(context, reporter));
    const RepairIndexReport report = TRY(repair_index(repository, options, reporter, context.stop));
    reporter.finish();
    if (context.output.is_json())
        context.output.object(json_of(report));
    else
        context.output.text(text_of(report));
    if (!report.sound() || reporter.told(Severity::alarm) > 0)
        return ExitCode::damage;
    return report.complete() ? ExitCode::done : ExitCode::incomplete;
}

} // namespace

Command add_repair_index(CLI::App& repair) {
    const auto options = std::make_shared<RepairIndexOptions>();
    CLI::App* const app = add_subcommand(
        repair, "index", tr("make the index again from the packs"),
        tr("Reads what each pack says it holds and puts into the index what it lacks: after index "
           "segments were lost or damaged, every document is found again. With an admin's key it "
           "also replaces segments that are lost, damaged or wrong, so that a check is content "
           "again; a backup key adds only what it stored itself. It may run beside backups, and "
           "one that was interrupted can simply be run again."),
        "saoluu repair index --dry-run\n"
        "saoluu repair index --repo /mnt/nas/saoluu --passphrase-file pass.txt");
    app->add_flag("--dry-run", options->dry_run,
                  tr("change nothing, only tell what would be done"));
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
