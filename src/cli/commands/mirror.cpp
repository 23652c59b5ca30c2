// SPDX-License-Identifier: Apache-2.0
#include "saoluu/mirror.hpp"

#include "cli/commands/command.hpp"
#include "cli/help.hpp"
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
    std::string to;
    bool dry_run = false;
};

std::string title_of(const MirrorReport& report) {
    if (report.failed > 0 || report.unsettled > 0)
        return tr("The copy is not complete: what is named above could not be copied, and new "
                  "snapshots count there only when all that they need can be. Mend the source with "
                  "saoluu heal, or end what is lost with it, and run the same command again.");
    if (report.dry_run)
        return report.objects > 0 ? tr("Nothing was copied (dry run). This would be done:")
                                  : tr("Nothing is missing there; nothing would be copied.");
    return report.objects > 0 ? tr("The copy has all that the source has.")
                              : tr("Nothing was missing there; nothing was copied.");
}

std::string text_of(const MirrorReport& report) {
    Table table({{}, {}});
    const auto add = [&table](const char* title, std::uint64_t count) {
        if (count > 0)
            table.add({title, std::to_string(count)});
    };
    table.add({tr("Objects copied"), message("{} ({})", report.objects, human_size(report.bytes))});
    add(tr("Packs copied"), report.packs);
    add(tr("New snapshots"), report.sessions);
    add(tr("There already"), report.present);
    add(tr("Condemned packs left out"), report.left_out);
    add(tr("Ended sessions left out"), report.ended);
    add(tr("Damage"), report.damaged);
    add(tr("Could not be copied"), report.failed);
    add(tr("Snapshots that wait"), report.unsettled);
    add(tr("Signs of tampering"), report.alarms);
    table.add({tr("Time"), message(tr("{:.1f} s"), report.seconds)});
    return wrapped(title_of(report), kHelpColumns) + "\n" + table.text(2);
}

Json json_of(const MirrorReport& report) {
    return {{"type", "summary"},
            {"command", "mirror"},
            {"dry_run", report.dry_run},
            {"complete", report.complete()},
            {"is_new", report.is_new},
            {"objects", report.objects},
            {"bytes", report.bytes},
            {"packs", report.packs},
            {"sessions", report.sessions},
            {"present", report.present},
            {"left_out", report.left_out},
            {"ended", report.ended},
            {"damaged", report.damaged},
            {"failed", report.failed},
            {"unsettled", report.unsettled},
            {"alarms", report.alarms},
            {"seconds", report.seconds}};
}

Result<ExitCode> run(Context& context, const Options& given) {
    if (!context.options.repositories.empty())
        return fail(ErrorKind::usage,
                    tr("a mirror names both of its places: saoluu mirror FROM TO, without --repo"));
    Reporter reporter(context.output, context.shown());
    MirrorOptions options;
    options.from = TRY(given_for(context, given.from, options.has_key));
    Target to = TRY(target_named(context, given.to));
    options.to = std::move(to.location);
    options.reach_to = std::move(to.reach);
    options.dry_run = given.dry_run;
    const MirrorReport report = TRY(mirror(options, reporter, context.stop));
    reporter.finish();
    if (context.output.is_json())
        context.output.object(json_of(report));
    else
        context.output.text(text_of(report));
    if (reporter.told(Severity::damage) > 0 || reporter.told(Severity::alarm) > 0)
        return ExitCode::damage;
    return report.complete() ? ExitCode::done : ExitCode::incomplete;
}

} // namespace

Command add_mirror(CLI::App& root) {
    const auto options = std::make_shared<Options>();
    CLI::App* const app = add_subcommand(
        root, "mirror", tr("copy what another place of a repository lacks"),
        tr("Copies a repository to an empty folder, bucket or prefix, or brings such a copy up to "
           "date. Everything is copied as it stands and verified before it gets its name, so no "
           "passphrase is needed; where packs were condemned a key of any role tells which to "
           "leave out. Nothing is ever changed or removed at either place. One that was "
           "interrupted is simply run again. The copy is a place of its own: restore from it, "
           "check it, back up into it."),
        "saoluu mirror /mnt/nas/saoluu /mnt/disk/saoluu\n"
        "saoluu mirror --dry-run /mnt/nas/saoluu s3://bucket/saoluu\n"
        "saoluu mirror --key-file backup.key sftp://nas/saoluu /mnt/disk/saoluu");
    app->add_option("from", options->from, tr("the repository to copy"))
        ->type_name(tr("FROM"))
        ->required();
    app->add_option("to", options->to, tr("where the copy is, or is to be"))
        ->type_name(tr("TO"))
        ->required();
    app->add_flag("--dry-run", options->dry_run, tr("copy nothing, only tell what would be done"));
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
