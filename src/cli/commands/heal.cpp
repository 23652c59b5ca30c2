// SPDX-License-Identifier: Apache-2.0
#include "saoluu/heal.hpp"

#include "cli/commands/command.hpp"
#include "cli/help.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::human_size;
using util::message;
using util::tr;

std::string title_of(const HealReport& report) {
    if (report.marked > 0)
        return tr("What no copy has was condemned: run a backup on each computer now, and then "
                  "saoluu check, which names what could not be stored anew.");
    if (report.unasked > 0)
        return tr("Another copy could not be asked for all that is damaged: run the same command "
                  "again when it can be reached.");
    if (report.lost > 0)
        return tr("Some packs are lost: no copy that was asked has them whole. Name further copies "
                  "with --from, or let a key of the role restore or admin condemn them.");
    if (report.small_bad > 0)
        return tr("Some objects are damaged under their own names, which a person must move away "
                  "first; they are named above.");
    if (report.bad == 0 && report.small == 0)
        return tr("Nothing needs healing.");
    return report.dry_run ? tr("Nothing was changed (dry run). This would be done:")
                          : tr("All that was damaged or missing is healed.");
}

std::string text_of(const HealReport& report) {
    Table table({{}, {}});
    const auto add = [&table](const char* title, std::uint64_t count) {
        if (count > 0)
            table.add({title, std::to_string(count)});
    };
    table.add({tr("Packs"), message(tr("{} ({}), every byte of them read"), report.packs,
                                    human_size(report.pack_bytes))});
    add(tr("Damaged or missing packs"), report.bad);
    add(tr("Packs healed"), report.healed);
    add(tr("Healed before"), report.healed_before);
    add(tr("Other objects put back"), report.small);
    add(tr("Other objects damaged"), report.small_bad);
    add(tr("Packs that are lost"), report.lost);
    add(tr("Packs condemned"), report.marked);
    add(tr("Packs not asked for"), report.unasked);
    table.add({tr("Time"), message(tr("{:.1f} s"), report.seconds)});
    return wrapped(title_of(report), kHelpColumns) + "\n" + table.text(2);
}

Json json_of(const HealReport& report) {
    return {{"type", "summary"},
            {"command", "heal"},
            {"dry_run", report.dry_run},
            {"sound", report.sound()},
            {"packs", report.packs},
            {"pack_bytes", report.pack_bytes},
            {"bad", report.bad},
            {"healed", report.healed},
            {"healed_before", report.healed_before},
            {"small", report.small},
            {"small_bad", report.small_bad},
            {"lost", report.lost},
            {"marked", report.marked},
            {"unasked", report.unasked},
            {"seconds", report.seconds}};
}

Result<ExitCode> run(Context& context, const HealOptions& given) {
    HealOptions options = given;
    Target at = TRY(target_of(context));
    std::vector<Target> others;
    for (const std::string& from : options.from)
        others.push_back(TRY(target_named(context, from)));
    // A store of the config file has the others beside it.
    if (options.from.empty() && !at.name.empty()) {
        others = TRY(targets_beside(context, at.name));
        options.is_from_guessed = true;
    }
    options.from.clear();
    for (Target& target : others) {
        options.from.push_back(std::move(target.location));
        options.reach_from.push_back(std::move(target.reach));
    }
    Reporter reporter(context.output, context.shown());
    Repository repository = TRY(open_repository(context, std::move(at), reporter));
    const HealReport report = TRY(heal(repository, options, reporter, context.stop));
    reporter.finish();
    if (context.output.is_json())
        context.output.object(json_of(report));
    else
        context.output.text(text_of(report));
    return report.sound() ? ExitCode::done : ExitCode::damage;
}

} // namespace

Command add_heal(CLI::App& root) {
    const auto options = std::make_shared<HealOptions>();
    CLI::App* const app = add_subcommand(
        root, "heal", tr("mend what is damaged from another copy"),
        tr("Reads every pack, and puts a good copy from another place of the repository beside "
           "each that is damaged or missing; nothing is ever overwritten. Small objects that are "
           "missing are put back. What no copy has, a key of the role restore or admin condemns: "
           "then the next backup stores it anew from the documents. A check says afterwards that "
           "all is well, or what is lost. Where --repo names a store of the config file, and no "
           "--from is given, the other stores of the file are asked."),
        "saoluu heal --repo /mnt/nas/saoluu --from /mnt/disk/saoluu --key-file backup.key\n"
        "saoluu heal --repo nas --key-file backup.key\n"
        "saoluu heal --dry-run --from s3://bucket/saoluu --passphrase-file pass.txt");
    const auto many = [&](const char* name, std::vector<std::string>& to, const char* what,
                          const char* type) {
        app->add_option(name, to, what)
            ->type_name(type)
            ->expected(1)
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    };
    many("--from", options->from,
         tr("another copy of the repository to take from; may be repeated"), tr("FOLDER"));
    many("--pack", options->packs,
         tr("look at this pack only, 64 hex digits as a check names it; may be repeated"), "ID");
    app->add_flag("--dry-run", options->dry_run,
                  tr("change nothing, only tell what would be done"));
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
