// SPDX-License-Identifier: Apache-2.0
#include "saoluu/check.hpp"

#include "cli/commands/check_verdict.hpp"
#include "cli/commands/command.hpp"
#include "cli/table.hpp"
#include "util/sizes.hpp"
#include "util/text.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::human_size;
using util::message;
using util::printable;
using util::tr;

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
    add(tr("Packs not read"), report.listed_packs - report.packs);
    if (report.chunks > 0)
        table.add({tr("Chunks"), message(tr("{}, decrypted and verified"), report.chunks)});
    add(tr("Unused packs"), report.unused_packs);
    add(tr("Doubled index entries"), report.doubled_entries);
    add(tr("Foreign objects"), report.foreign_objects);
    add(tr("Not readable"), report.unreadable);
    add(tr("Not locked"), report.unprotected);
    add(tr("Warnings"), report.warnings);
    add(tr("Damage"), report.damage);
    add(tr("Signs of tampering"), report.alarms);
    table.add({tr("Time"), message(tr("{:.1f} s"), report.seconds)});
    return table.text() + "\n" + verdict_of(report);
}

void show_json(Output& output, const CheckReport& report) {
    for (const CheckedSnapshot& snapshot : report.checked)
        output.object({{"type", "checked_snapshot"},
                       {"snapshot", snapshot.id},
                       {"job", snapshot.job},
                       {"client", snapshot.client},
                       {"started", util::utc_time(snapshot.started)},
                       {"state", name_of(snapshot.state)}});
    Json kinds = Json::object();
    for (const auto& [kind, count] : report.kinds)
        kinds[name_of(kind)] = count;
    Json last_whole = Json::array();
    for (const std::size_t position : last_whole_of(report))
        last_whole.push_back(report.checked[position].id);
    output.object({{"type", "summary"},
                   {"command", "check"},
                   {"sound", report.sound()},
                   {"verdict", verdict_word_of(report)},
                   {"objects", report.objects},
                   {"foreign_objects", report.foreign_objects},
                   {"snapshots", report.snapshots},
                   {"listed_packs", report.listed_packs},
                   {"listed_pack_bytes", report.listed_pack_bytes},
                   {"packs", report.packs},
                   {"pack_bytes", report.pack_bytes},
                   {"chunks", report.chunks},
                   {"unused_packs", report.unused_packs},
                   {"doubled_entries", report.doubled_entries},
                   {"unreadable", report.unreadable},
                   {"locks_asked", report.locks_asked},
                   {"unprotected", report.unprotected},
                   {"damage", report.damage},
                   {"alarms", report.alarms},
                   {"warnings", report.warnings},
                   {"kinds", std::move(kinds)},
                   {"walked_catalogs", report.walked_catalogs},
                   {"damaged_files", report.damaged_files},
                   {"damaged_snapshots", report.damaged_snapshots},
                   {"last_whole", std::move(last_whole)},
                   {"next_steps", next_steps_of(report)},
                   {"seconds", report.seconds}});
}

/// errors: usage
Result<double> share_of(const std::string& text) {
    if (const std::optional<double> percent = util::parse_share(text))
        return *percent;
    return fail(
        ErrorKind::usage,
        message(tr("--sample {}: a share from 1% to 100%, such as 10% or 2.5%"), printable(text)));
}

ExitCode exit_code_of(const CheckReport& report) {
    if (!report.sound())
        return ExitCode::damage;
    return report.unreadable > 0 ? ExitCode::incomplete : ExitCode::done;
}

struct Options {
    bool read_data = false;
    std::optional<std::string> sample;
};

Result<ExitCode> run(Context& context, const Options& given) {
    CheckOptions options{.read_data = given.read_data};
    if (given.sample)
        options.sample_percent = TRY(share_of(*given.sample));
    if (context.output.is_json())
        options.on_damaged_file = [&context](const DamagedFile& file) {
            Json line = {{"type", "damaged_file"}};
            put_path(line, file.path);
            line["snapshot"] = file.snapshot;
            line["started"] = util::utc_time(file.started);
            line["and_on"] = file.and_on;
            line["message"] = file.why;
            context.output.object(line);
        };
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
        show_json(context.output, report);
    else
        context.output.text(text_of(report));
    return exit_code_of(report);
}

} // namespace

Command add_check(CLI::App& root) {
    const auto options = std::make_shared<Options>();
    CLI::App* const app = add_subcommand(
        root, "check", tr("check that every stored byte is what it must be"),
        tr("Checks the repository: that nothing is missing, altered or held back, and that every "
           "stored byte is what was stored. Any key may do that. With --read-data everything is "
           "also decrypted and compared, which needs a passphrase or a key that may read. Damage "
           "is named, with the files and snapshots that it costs (a key that can't read names "
           "the snapshots that may be concerned) and what to do next; the exit code is 13."),
        "saoluu check --repo /mnt/nas/saoluu --key-file backup.key\n"
        "saoluu check --read-data --passphrase-file pass.txt\n"
        "saoluu check --sample 10% --key-file backup.key");
    app->add_flag("--read-data", options->read_data,
                  tr("decrypt and verify everything that the snapshots hold"));
    app->add_option("--sample", options->sample,
                    tr("read only so many of the bytes, from 1% to 100%: packs are chosen at "
                       "random. Everything else, and what each pack says it holds, is checked as "
                       "always, because that takes few reads"))
        ->type_name("N%");
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
