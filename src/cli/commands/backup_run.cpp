// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/backup_run.hpp"

#include "cli/store_disks.hpp"
#include "cli/table.hpp"
#include "util/sizes.hpp"
#include "util/text.hpp"

#include <map>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace saoluu::cli {
namespace {
using util::human_size;
using util::message;
using util::tr;
using util::trn;

std::string title_of(const BackupSummary& summary) {
    if (summary.snapshot.empty())
        return tr("Nothing was stored: this only shows what would be backed up.");
    const char* title = !summary.suspect.empty() && summary.complete()
                            ? tr("Snapshot {} is stored, but is suspect: see above.")
                        : summary.unreadable > 0 ? tr("Snapshot {} is stored, but is not complete.")
                        : summary.late.empty()   ? tr("Snapshot {} is stored.")
                                                 : tr("Snapshot {} is stored, but not everywhere.");
    return message(title, summary.snapshot.substr(0, 16));
}

/// What deduplication and compression saved of what was read.
std::string ratio_of(const BackupSummary& summary) {
    return message(tr("1/{:.1f} of what was read"), static_cast<double>(summary.bytes_read) /
                                                        static_cast<double>(summary.stored_bytes));
}

std::string name_of(const SuspectSource& suspect) {
    return suspect.path.empty() ? tr("all sources") : util::printable(suspect.path);
}

std::string amount_of(const SuspectSource& suspect, std::uint64_t number) {
    return suspect.in_bytes ? human_size(number) : std::to_string(number);
}

Json json_of(const SuspectSource& suspect) {
    Json json = {{"before", suspect.before},
                 {"now", suspect.now},
                 {"unit", suspect.in_bytes       ? "bytes"
                          : suspect.path.empty() ? "files"
                                                 : "entries"}};
    if (!suspect.path.empty())
        put_path(json, suspect.path);
    return json;
}

std::string text_of(const BackupSummary& summary) {
    Table table({{}, {}});
    table.add({tr("Files"), message(tr("{} (folders: {}, links and others: {})"), summary.files,
                                    summary.folders, summary.others)});
    table.add({"", message(tr("new: {}, changed: {}, unchanged: {}"), summary.new_files,
                           summary.changed_files, summary.unchanged_files)});
    table.add({tr("Size"), human_size(summary.bytes)});
    if (summary.snapshot.empty()) {
        table.add({tr("To be read"), human_size(summary.bytes_read)});
    } else {
        const auto rate = summary.seconds > 0
                              ? static_cast<std::uint64_t>(static_cast<double>(summary.bytes_read) /
                                                           summary.seconds)
                              : summary.bytes_read;
        table.add({tr("Read"), message(tr("{} in {:.1f} s ({}/s)"), human_size(summary.bytes_read),
                                       summary.seconds, human_size(rate))});
        table.add(
            {tr("New"), message(tr("{} in {} of {} chunks"), human_size(summary.new_chunk_bytes),
                                summary.new_chunks, summary.chunks)});
        table.add({tr("Stored"), message(trn("{} in {} pack", "{} in {} packs", summary.packs),
                                         human_size(summary.stored_bytes), summary.packs)});
        if (summary.stored_bytes > 0 && summary.bytes_read > summary.stored_bytes)
            table.add({"", ratio_of(summary)});
    }
    if (summary.excluded > 0)
        table.add({tr("Excluded"), std::to_string(summary.excluded)});
    if (summary.left_out > 0)
        table.add({tr("Left out"), message(tr("{} (sockets and the like)"), summary.left_out)});
    for (const LatePlace& late : summary.late)
        table.add({tr("Left behind"), late.location});
    for (const SuspectSource& suspect : summary.suspect)
        table.add({tr("Suspect"),
                   message(tr("{} ({} before, {} now)"), name_of(suspect),
                           amount_of(suspect, suspect.before), amount_of(suspect, suspect.now))});
    if (summary.unreadable > 0)
        table.add({tr("Unreadable"), message(tr("{}, named above"), summary.unreadable)});
    return title_of(summary) + "\n" + table.text(2);
}

/// The names of stores of the config file, by their locations as messages have them.
using Names = std::map<std::string, std::string>;

/// names: of the places that it went to
Json json_of(const BackupSummary& summary, const Names& names, Json space) {
    Json late = Json::array();
    for (const LatePlace& place : summary.late) {
        const auto named = names.find(place.location);
        late.push_back({{"location", place.location},
                        {"store", named == names.end() ? Json(nullptr) : Json(named->second)},
                        {"why", place.why}});
    }
    Json suspect = Json::array();
    for (const SuspectSource& source : summary.suspect)
        suspect.push_back(json_of(source));
    return {{"type", "summary"},
            {"command", "backup"},
            {"snapshot", summary.snapshot.empty() ? Json(nullptr) : Json(summary.snapshot)},
            {"dry_run", summary.snapshot.empty()},
            {"partial_snapshots", summary.partial},
            {"complete", summary.complete()},
            {"files", summary.files},
            {"new_files", summary.new_files},
            {"changed_files", summary.changed_files},
            {"unchanged_files", summary.unchanged_files},
            {"folders", summary.folders},
            {"others", summary.others},
            {"excluded", summary.excluded},
            {"left_out", summary.left_out},
            {"unreadable", summary.unreadable},
            {"missing", summary.missing},
            {"bytes", summary.bytes},
            {"bytes_read", summary.bytes_read},
            {"chunks", summary.chunks},
            {"new_chunks", summary.new_chunks},
            {"new_chunk_bytes", summary.new_chunk_bytes},
            {"stored_bytes", summary.stored_bytes},
            {"packs", summary.packs},
            {"late", std::move(late)},
            {"space", std::move(space)},
            {"suspect", std::move(suspect)},
            {"seconds", summary.seconds}};
}

/// The places of a run, and those that could not be opened while another could.
struct OpenPlaces {
    std::vector<Repository> open;
    std::vector<LatePlace> late;
    Names names;
};

/// What a place that is left out of a run is told by.
void tell_late(Context& context, const LatePlace& late) {
    context.output.note(message(tr("{} is left out of this run: {}. What it lacks then is brought "
                                   "to it by: saoluu mirror"),
                                late.location, late.why));
}

/// A key that does not fit, or a command line that makes no sense, is a mistake of whoever called;
/// a store that is away is not.
bool may_do_without(const Error& error) {
    return error.kind() != ErrorKind::usage && error.kind() != ErrorKind::wrong_key &&
           error.kind() != ErrorKind::interrupted;
}

Result<OpenPlaces> open_places(Context& context, std::vector<Target> targets, Events& events) {
    OpenPlaces places;
    std::optional<Error> first_error;
    const bool is_one = targets.size() == 1;
    for (Target& target : targets) {
        const std::string name = target.name;
        const std::string location = util::printable(name.empty() ? target.location : name);
        if (!name.empty())
            places.names[location] = name;
        Result<Repository> repository = open_repository(context, std::move(target), events);
        if (repository) {
            if (!name.empty())
                places.names[repository->location()] = name;
            places.open.push_back(std::move(*repository));
            continue;
        }
        if (is_one || !may_do_without(repository.error()))
            return Failure(std::move(repository).error());
        places.late.push_back({.location = location, .why = repository.error().message()});
        if (!first_error)
            first_error = std::move(repository).error();
    }
    if (places.open.empty())
        return Failure(*std::move(first_error));
    for (const LatePlace& late : places.late)
        tell_late(context, late);
    return places;
}

} // namespace

Result<BackupSummary> run_backup(Context& context, BackupOptions options,
                                 std::vector<Target> targets, KeyOf whose) {
    const std::vector<StoreDisk> disks = disks_of(targets);
    Reporter reporter(context.output, context.shown());
    options.count_ahead = reporter.shows_progress();
    OpenPlaces places = TRY(open_places(context, std::move(targets), reporter));
    // Beside --json too: what a run by the daemon says there stands in its journal.
    if (whose == KeyOf::computer && places.open.front().role() != Role::backup)
        fmt::print(stderr, "{}\n",
                   message(tr("{}: this key can read all backups, and so can whoever gets hold of "
                              "this computer: have key_file name one of the role backup (saoluu "
                              "key issue --role backup)"),
                           util::printable(context.options.key_file)));
    std::vector<Repository*> open;
    for (Repository& repository : places.open)
        open.push_back(&repository);
    BackupSummary summary = TRY(backup(open, options, reporter, context.stop));
    summary.late.insert(summary.late.end(), places.late.begin(), places.late.end());
    reporter.finish();
    if (context.output.is_json())
        context.output.object(json_of(summary, places.names, space_of(disks)));
    else
        context.output.text(text_of(summary));
    return summary;
}

ExitCode exit_code_of(const BackupSummary& summary) {
    return summary.complete() ? ExitCode::done : ExitCode::incomplete;
}

void add_losses(CLI::App& app, BackupOptions& options, std::string& suspect_loss) {
    app.add_flag(
        "--allow-empty", options.allow_empty,
        tr("what the sources lost is meant: make a snapshot even of one that lost all that "
           "it held, and mark none as suspect"));
    app.add_flag(
        "--empty-is-suspect", options.empty_is_suspect,
        tr("make a snapshot of a source that lost all that it held and mark it as suspect, "
           "where it would be refused"));
    app.add_option(
           "--suspect-loss", suspect_loss,
           tr("mark the snapshot as suspect if a source lost more than this share of what it "
              "held, 50% unless told; 100%: only if it lost all"))
        ->type_name(tr("SHARE"));
}

Result<double> suspect_loss_of(const std::string& text) {
    if (const std::optional<double> percent = util::parse_share(text))
        return *percent;
    return fail(ErrorKind::usage, message(tr("--suspect-loss {}: a share from 1% to 100%, such as "
                                             "50%"),
                                          util::printable(text)));
}

} // namespace saoluu::cli
