// SPDX-License-Identifier: Apache-2.0
#include "saoluu/check.hpp"

#include "cli/commands/command.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

#include <memory>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::human_size;
using util::message;
using util::printable;
using util::tr;
using util::trn;

std::string verdict_of(const CheckReport& report) {
    if (report.alarms > 0)
        return tr("ALARM: there are signs of tampering; they are named above. Change nothing, and "
                  "show this to the person in charge.");
    if (report.damage > 0)
        return tr("Damage was found; it is named above. Back up again from the sources while they "
                  "are whole, and check the disk.");
    return report.warnings > 0 ? tr("The repository is sound. Look at the warnings above.")
                               : tr("The repository is sound.");
}

std::string text_of(const CheckReport& report) {
    Table table({{}, {}});
    const auto add = [&table](const char* title, std::uint64_t count) {
        if (count > 0)
            table.add({title, std::to_string(count)});
    };
    table.add({tr("Objects"), std::to_string(report.objects)});
    table.add({tr("Snapshots"), std::to_string(report.snapshots)});
    table.add({tr("Packs"), message(tr("{} ({}), every byte of them read"), report.packs,
                                    human_size(report.pack_bytes))});
    if (report.chunks > 0)
        table.add({tr("Chunks"), message(tr("{}, decrypted and verified"), report.chunks)});
    add(tr("Unused packs"), report.unused_packs);
    add(tr("Foreign objects"), report.foreign_objects);
    add(tr("Warnings"), report.warnings);
    add(tr("Damage"), report.damage);
    add(tr("Signs of tampering"), report.alarms);
    for (const std::string& id : report.damaged_snapshots)
        table.add({tr("Snapshot with damage"), printable(id)});
    table.add({tr("Time"), message(tr("{:.1f} s"), report.seconds)});
    return verdict_of(report) + "\n" + table.text(2);
}

Json json_of(const CheckReport& report) {
    return {{"type", "summary"},
            {"command", "check"},
            {"sound", report.sound()},
            {"objects", report.objects},
            {"foreign_objects", report.foreign_objects},
            {"snapshots", report.snapshots},
            {"packs", report.packs},
            {"pack_bytes", report.pack_bytes},
            {"chunks", report.chunks},
            {"unused_packs", report.unused_packs},
            {"damage", report.damage},
            {"alarms", report.alarms},
            {"warnings", report.warnings},
            {"damaged_snapshots", report.damaged_snapshots},
            {"seconds", report.seconds}};
}

Result<ExitCode> run(Context& context, const CheckOptions& options) {
    Reporter reporter(context.output, context.shown());
    Repository repository = TRY(open_repository(context, reporter));
    // What opening it told is part of the verdict.
    const std::uint64_t damage = reporter.told(Severity::damage);
    const std::uint64_t alarms = reporter.told(Severity::alarm);
    const std::uint64_t warnings = reporter.told(Severity::warning);
    CheckReport report = TRY(check(repository, options, reporter, context.stop));
    report.damage += damage;
    report.alarms += alarms;
    report.warnings += warnings;
    reporter.finish();
    if (context.output.is_json())
        context.output.object(json_of(report));
    else
        context.output.text(text_of(report));
    return report.sound() ? ExitCode::done : ExitCode::damage;
}

} // namespace

Command add_check(CLI::App& root) {
    const auto options = std::make_shared<CheckOptions>();
    CLI::App* const app = add_subcommand(
        root, "check", tr("check that every stored byte is what it must be"),
        tr("Checks the repository: that nothing is missing, altered or held back, and that every "
           "stored byte is what was stored. Any key may do that. With --read-data everything is "
           "also decrypted and compared, which needs a passphrase or a key that may read. Damage "
           "is "
           "named, and the exit code is 13."),
        "saoluu check --repo /mnt/nas/saoluu --key-file backup.key\n"
        "saoluu check --read-data --passphrase-file pass.txt");
    app->add_flag("--read-data", options->read_data,
                  tr("decrypt and verify everything that the snapshots hold"));
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
