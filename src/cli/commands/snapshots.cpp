// SPDX-License-Identifier: Apache-2.0
#include "saoluu/snapshots.hpp"

#include "cli/commands/command.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::human_size;
using util::message;
using util::printable;
using util::tr;
using util::trn;

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + printable(word);
    return text;
}

Json json_of(const SnapshotInfo& snapshot) {
    Json json = {{"type", "snapshot"},
                 {"id", snapshot.id},
                 {"job", snapshot.job},
                 {"client", snapshot.client},
                 {"actor", snapshot.actor},
                 {"started", util::utc_time(snapshot.started)},
                 {"ended", util::utc_time(snapshot.ended)},
                 {"sequence", snapshot.sequence},
                 {"incomplete", snapshot.incomplete},
                 {"suspect", snapshot.suspect},
                 {"files", snapshot.files},
                 {"folders", snapshot.folders},
                 {"others", snapshot.others},
                 {"bytes", snapshot.bytes},
                 {"stored_bytes", snapshot.stored_bytes},
                 {"tags", snapshot.tags},
                 {"host", snapshot.host},
                 {"sources", Json::array()}};
    for (const std::string& source : snapshot.sources) {
        Json path;
        put_path(path, source);
        json["sources"].push_back(path);
    }
    return json;
}

std::string marks_of(const SnapshotInfo& snapshot) {
    std::string marks = snapshot.incomplete ? tr("(incomplete)") : "";
    if (snapshot.suspect)
        marks += (marks.empty() ? "" : " ") + std::string(tr("(suspect)"));
    return marks;
}

std::string text_of(const std::vector<SnapshotInfo>& snapshots) {
    if (snapshots.empty())
        return std::string(tr("There is no snapshot yet.")) + "\n";
    using Align = Table::Align;
    Table table({{tr("Snapshot")},
                 {tr("Time")},
                 {tr("Client")},
                 {tr("Job")},
                 {tr("Files"), Align::right},
                 {tr("Size"), Align::right},
                 {tr("Stored"), Align::right},
                 {tr("Sources")},
                 {tr("Tags")},
                 {}});
    for (const SnapshotInfo& snapshot : snapshots)
        table.add({snapshot.id.substr(0, 16), local_time(snapshot.started),
                   printable(snapshot.client), snapshot.job.empty() ? "-" : printable(snapshot.job),
                   std::to_string(snapshot.files), human_size(snapshot.bytes),
                   human_size(snapshot.stored_bytes), joined(snapshot.sources),
                   joined(snapshot.tags), marks_of(snapshot)});
    return table.text() +
           message(trn("{} snapshot", "{} snapshots", snapshots.size()), snapshots.size()) + "\n";
}

Result<ExitCode> run(Context& context) {
    Reporter reporter(context.output, context.shown());
    Repository repository = TRY(open_repository(context, reporter));
    const auto snapshots = TRY(list_snapshots(repository, reporter));
    reporter.finish();
    if (!context.output.is_json()) {
        context.output.text(text_of(snapshots));
        return ExitCode::done;
    }
    for (const SnapshotInfo& snapshot : snapshots)
        context.output.object(json_of(snapshot));
    context.output.object(
        {{"type", "summary"}, {"command", "snapshots"}, {"snapshots", snapshots.size()}});
    return ExitCode::done;
}

} // namespace

Command add_snapshots(CLI::App& root) {
    CLI::App* const app = add_subcommand(
        root, "snapshots", tr("list the snapshots"),
        tr("Lists the snapshots of the repository. With a backup key it shows times, jobs and "
           "counts; what was backed up, and its tags, only with a key that may read."),
        "saoluu snapshots --repo /mnt/nas/saoluu --key-file backup.key\n"
        "saoluu snapshots --json");
    return {app, run};
}

} // namespace saoluu::cli
