// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/command.hpp"
#include "cli/entry_text.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

#include "saoluu/listing.hpp"

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace saoluu::cli {
namespace {
using util::human_size;
using util::message;
using util::tr;
using util::trn;

struct Options {
    std::string pattern;
    std::vector<std::string> snapshots;
    std::string type;
};

/// "3f9a61c2ab12  2026-11-23 08:30    1.5 MiB  /home/an/a.docx  (in 12 snapshots since 2026-01-05)"
std::string text_of(const FoundVersion& found) {
    const bool has_size = found.entry.type == EntryType::file;
    std::string line = fmt::format(
        "{}  {}  {:>9}  {}", found.snapshot.substr(0, 12), local_time(found.entry.modified),
        has_size ? human_size(found.entry.size) : "-", path_text(found.entry));
    const std::string since = local_date(found.oldest_started);
    const std::string until = local_date(found.started);
    if (since != until)
        line += "  " + message(tr("(in {} snapshots, {} to {})"), found.snapshots, since, until);
    else if (found.snapshots > 1)
        line += "  " + message(tr("(in {} snapshots)"), found.snapshots);
    return line + "\n";
}

Json json_of(const FoundVersion& found) {
    Json object = {
        {"type", "hit"}, {"snapshot", found.snapshot}, {"started", util::utc_time(found.started)}};
    put_entry(object, found.entry);
    return object;
}

std::string text_of(const FindSummary& summary) {
    const std::string where =
        message(trn("{} snapshot", "{} snapshots", summary.snapshots), summary.snapshots);
    if (summary.hits == 0)
        return message(tr("Nothing of that name is in {}."), where);
    return message(trn("{} version in {}", "{} versions in {}", summary.versions), summary.versions,
                   where);
}

Result<ExitCode> run(Context& context, const Options& options) {
    if (options.pattern.empty())
        return fail(ErrorKind::usage, tr("which name? Give a pattern such as \"*.docx\""));
    const std::optional<EntryType> type = type_of_letter(options.type);
    if (!options.type.empty() && !type)
        return fail(ErrorKind::usage,
                    message(tr("--type {}: it is f (files), d (folders) or l (links)"),
                            util::printable(options.type)));
    Reporter reporter(context.output, context.shown());
    Repository repository = TRY(open_repository(context, reporter));
    const bool is_json = context.output.is_json();
    const FindOptions request{.pattern = options.pattern,
                              .snapshots = options.snapshots,
                              .type = type,
                              .every_snapshot = is_json || context.options.verbose};
    const auto show = [&](const FoundVersion& found) {
        reporter.finish();
        if (is_json)
            context.output.object(json_of(found));
        else
            context.output.text(text_of(found));
        return context.output.takes_more();
    };
    const FindSummary summary = TRY(find_files(repository, request, show, reporter, context.stop));
    reporter.finish();
    if (is_json)
        context.output.object({{"type", "summary"},
                               {"command", "find"},
                               {"snapshots", summary.snapshots},
                               {"versions", summary.versions},
                               {"hits", summary.hits},
                               {"damaged", summary.damaged}});
    else
        context.output.note(text_of(summary));
    return summary.damaged > 0 ? ExitCode::damage : ExitCode::done;
}

} // namespace

Command add_find(CLI::App& root) {
    const auto options = std::make_shared<Options>();
    CLI::App* const app = add_subcommand(
        root, "find", tr("find files by name in all snapshots"),
        tr("Finds files by name, the newest snapshot first: which snapshot has it, when it was "
           "changed, its size and path. What is the same in several snapshots is shown once, with "
           "their number; -v shows it for each. Patterns are those of .gitignore: without a slash "
           "a name at any depth, with one a path from the top; * any characters, ? one, ** any "
           "folders. It needs a passphrase or a key that may read."),
        "saoluu find \"*.docx\"\n"
        "saoluu find \"báo cáo*\" --type f --snapshot latest:tailieu\n"
        "saoluu find \"/home/an/**/2026/*.xlsx\" -v");
    app->add_option("pattern", options->pattern,
                    tr("a name or path; quote it, so that the shell leaves * and ? alone"))
        ->type_name(tr("PATTERN"));
    app->add_option("--snapshot", options->snapshots,
                    tr("look only in this one: its id or the beginning, latest, or latest:JOB; "
                       "may be given several times"))
        ->type_name(tr("SNAPSHOT"))
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app->add_option("--type", options->type, tr("only f (files), d (folders) or l (links)"))
        ->type_name("f|d|l");
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
