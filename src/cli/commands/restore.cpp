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
    std::string overwrite = "never";
    RestoreOptions request;
};

ExitCode exit_code_of(const RestoreSummary& summary) {
    if (summary.damaged > 0)
        return ExitCode::damage;
    return summary.failed > 0 || summary.not_set > 0 ? ExitCode::incomplete : ExitCode::done;
}

const char* title_of(const RestoreSummary& summary, bool is_dry_run) {
    if (is_dry_run)
        return tr("Nothing was written. This is what restoring snapshot {} to {} would do.");
    return summary.damaged > 0 || summary.failed > 0
               ? tr("Snapshot {} is restored to {}, but not whole.")
               : tr("Snapshot {} is restored to {}.");
}

std::string text_of(const RestoreSummary& summary, const RestoreOptions& request) {
    Table table({{}, {}});
    table.add({tr("Files"), message(tr("{} (folders: {}, links and others: {})"), summary.files,
                                    summary.folders, summary.others)});
    table.add({request.dry_run ? tr("To write") : tr("Written"),
               message(tr("{} in {:.1f} s"), human_size(summary.bytes), summary.seconds)});
    const auto add = [&table](const char* title, std::uint64_t count) {
        if (count > 0)
            table.add({title, std::to_string(count)});
    };
    add(tr("Hard links"), summary.linked);
    add(tr("There already"), summary.already_there);
    add(tr("Overwritten"), summary.overwritten);
    add(tr("Kept, not older"), summary.kept);
    add(tr("Left out"), summary.left_out);
    add(tr("Damaged"), summary.damaged);
    add(tr("Not written"), summary.failed);
    add(tr("Owner, mode, time or attribute not set"), summary.not_set);
    return message(title_of(summary, request.dry_run), summary.snapshot.substr(0, 16),
                   util::printable(request.target)) +
           "\n" + table.text(2);
}

Json json_of(const RestoreSummary& summary, bool is_dry_run) {
    return {{"type", "summary"},
            {"command", "restore"},
            {"snapshot", summary.snapshot},
            {"dry_run", is_dry_run},
            {"files", summary.files},
            {"folders", summary.folders},
            {"others", summary.others},
            {"linked", summary.linked},
            {"bytes", summary.bytes},
            {"already_there", summary.already_there},
            {"overwritten", summary.overwritten},
            {"kept", summary.kept},
            {"left_out", summary.left_out},
            {"damaged", summary.damaged},
            {"failed", summary.failed},
            {"not_set", summary.not_set},
            {"seconds", summary.seconds}};
}

const char* name_of(PathOutcome outcome) {
    switch (outcome) {
    case PathOutcome::made:
        return "made";
    case PathOutcome::overwritten:
        return "overwritten";
    case PathOutcome::linked:
        return "linked";
    case PathOutcome::already_there:
        return "already_there";
    case PathOutcome::kept:
        break;
    }
    return "kept";
}

const char* title_of(PathOutcome outcome) {
    switch (outcome) {
    case PathOutcome::made:
        return tr("new          {}");
    case PathOutcome::overwritten:
        return tr("overwritten  {}");
    case PathOutcome::linked:
        return tr("hard link    {}");
    case PathOutcome::already_there:
        return tr("there        {}");
    case PathOutcome::kept:
        break;
    }
    return tr("kept         {}");
}

void tell(Output& output, Reporter& reporter, const std::string& path, PathOutcome outcome) {
    if (output.is_json()) {
        Json line = {{"type", "path"}, {"outcome", name_of(outcome)}};
        put_path(line, path);
        output.object(line);
        return;
    }
    reporter.finish(); // its line is in the way
    output.text(message(title_of(outcome), util::printable(path)) + "\n");
}

Result<Overwrite> overwrite_of(const std::string& word) {
    if (word == "always")
        return Overwrite::always;
    if (word == "if-newer")
        return Overwrite::if_newer;
    if (word == "never")
        return Overwrite::never;
    return fail(ErrorKind::usage, message(tr("--overwrite {}: it is never, if-newer or always"),
                                          util::printable(word)));
}

Result<ExitCode> run(Context& context, const Options& options) {
    if (options.from.empty())
        return fail(ErrorKind::usage,
                    tr("which snapshot? Name one of saoluu snapshots, or latest"));
    RestoreOptions request = options.request;
    if (request.target.empty())
        return fail(ErrorKind::usage,
                    tr("where to? Name a folder with --target; it is made if it is missing"));
    request.from = SnapshotPath::parse(options.from);
    request.overwrite = TRY(overwrite_of(options.overwrite));
    Reporter reporter(context.output, context.shown());
    if (context.options.verbose)
        request.each_path = [&](const std::string& path, PathOutcome outcome) {
            tell(context.output, reporter, path, outcome);
        };
    Repository repository = TRY(open_repository(context, reporter));
    const RestoreSummary summary = TRY(restore(repository, request, reporter, context.stop));
    reporter.finish();
    if (context.output.is_json())
        context.output.object(json_of(summary, request.dry_run));
    else
        context.output.text(text_of(summary, request));
    return exit_code_of(summary);
}

void add_options(CLI::App& app, Options& options) {
    RestoreOptions& request = options.request;
    app.add_option("snapshot", options.from,
                   tr("a snapshot's id or its beginning, latest, or latest:JOB; then "
                      ":PATH for a part of it"))
        ->type_name(tr("SNAPSHOT[:PATH]"));
    app.add_option("--target", request.target,
                   tr("the folder to restore into; made if it is missing"))
        ->type_name(tr("FOLDER"));
    // One word each time, so that the next is not taken for another pattern.
    app.add_option("--include", request.includes,
                   tr("restore only what this pattern takes, by the rules of .gitignore; may be "
                      "given again"))
        ->type_name(tr("PATTERN"))
        ->allow_extra_args(false);
    app.add_option("--exclude", request.excludes,
                   tr("leave out what this pattern takes; outweighs --include; may be given again"))
        ->type_name(tr("PATTERN"))
        ->allow_extra_args(false);
    app.add_option("--overwrite", options.overwrite,
                   tr("files that are there already and differ: leave them and say so (never), "
                      "replace them if the snapshot's were changed later (if-newer), or replace "
                      "them (always)"))
        ->type_name("never|if-newer|always");
    app.add_flag("--devices", request.devices, tr("restore block and character devices too"));
    app.add_flag("--setuid", request.setuid, tr("restore setuid and setgid bits of files too"));
    app.add_flag("--security-xattrs", request.security_xattrs,
                 tr("restore extended attributes security.* too, such as capabilities"));
    app.add_flag("--numeric-owner", request.numeric_owner,
                 tr("take owners and groups by number, not by name"));
    app.add_flag("--dry-run", request.dry_run,
                 tr("write nothing, only say what would be done; with -v of each path"));
}

} // namespace

Command add_restore(CLI::App& root) {
    const auto options = std::make_shared<Options>();
    CLI::App* const app = add_subcommand(
        root, "restore", tr("bring back a snapshot, or a folder or file of it"),
        tr("Restores a snapshot, or a folder or file of it, into another folder. Every byte is "
           "verified. A file that is there already and differs is left alone and named, unless "
           "--overwrite says otherwise. When it was interrupted, the same command goes on. It "
           "needs a passphrase or a key that may read."),
        "saoluu restore latest --target /tmp/khoi-phuc\n"
        "saoluu restore latest:ketoan:/srv/ketoan/2026 --target ~/2026\n"
        "saoluu restore 3f9a61c2:/home/an/Documents/bao-cao.docx --target .\n"
        "saoluu restore latest --target /tmp/bang-tinh --include '*.xlsx'");
    add_options(*app, *options);
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
