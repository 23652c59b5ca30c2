// SPDX-License-Identifier: Apache-2.0
#include "saoluu/backup.hpp"

#include "engine/backup_lists.hpp"
#include "engine/backup_pipeline.hpp"
#include "engine/backup_places.hpp"
#include "engine/backup_preview.hpp"
#include "engine/count_ahead.hpp"
#include "engine/losses.hpp"
#include "engine/stream_input.hpp"
#include "engine/with_stream.hpp"
#include "util/assert.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <cerrno>
#include <chrono>
#include <utility>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace saoluu {
namespace engine {
namespace {

using util::message;
using util::tr;

/// Asks the system for the name of a number; a group's members may need a large buffer.
template <class Entry, class Ask>
std::string name_by(const Ask& ask, char* Entry::*name) {
    constexpr std::size_t kMost = 16 << 20;
    for (std::vector<char> buffer(16 << 10); buffer.size() <= kMost;) {
        Entry entry{};
        Entry* found = nullptr;
        const int code = ask(&entry, buffer.data(), buffer.size(), &found);
        if (code == EINTR)
            continue;
        if (code != ERANGE)
            return code == 0 && found != nullptr ? entry.*name : "";
        buffer.resize(buffer.size() * 4);
    }
    return "";
}

/// Names of the owners that a snapshot's entries have; numbers without a name are left out.
void name_owners(std::map<std::uint64_t, std::string>& users,
                 std::map<std::uint64_t, std::string>& groups) {
    for (auto& [uid, name] : users)
        name = name_by(
            [id = static_cast<uid_t>(uid)](auto... rest) { return ::getpwuid_r(id, rest...); },
            &passwd::pw_name);
    for (auto& [gid, name] : groups)
        name = name_by(
            [id = static_cast<gid_t>(gid)](auto... rest) { return ::getgrgid_r(id, rest...); },
            &group::gr_name);
    std::erase_if(users, [](const auto& user) { return user.second.empty(); });
    std::erase_if(groups, [](const auto& one) { return one.second.empty(); });
}

std::string host_name() {
    char name[256] = {};
    if (::gethostname(name, sizeof name - 1) != 0 || !util::is_text(name))
        return "";
    return name;
}

/// What the counts of a record are, in the order of format::Count.
std::vector<std::uint64_t> counts_of(const BackupSummary& summary) {
    return {summary.files,           summary.folders,         summary.others,
            summary.bytes,           summary.new_files,       summary.changed_files,
            summary.unchanged_files, summary.new_chunk_bytes, 0};
}

/// Adds what another session of the run read and stored; what the sources hold is not added up.
void add_work(BackupSummary& to, const BackupSummary& session) {
    to.bytes_read += session.bytes_read;
    to.chunks += session.chunks;
    to.new_chunks += session.new_chunks;
    to.new_chunk_bytes += session.new_chunk_bytes;
    to.stored_bytes += session.stored_bytes;
    to.packs += session.packs;
}

/// The sources with the stream, as a note and a list of files have them.
std::vector<std::string> with_stream(std::vector<std::string> sources,
                                     const BackupOptions& options) {
    if (options.stream)
        sources.push_back(path_of(*options.stream));
    return sources;
}

/// One backup, which may take several sessions.
class BackupRun {
public:
    /// missing: sources that are not there
    BackupRun(Places places, const BackupOptions& options, std::vector<std::string> sources,
              std::vector<std::string> missing, Selection selection, LockedEvents& events,
              std::stop_token stop)
        : places_(std::move(places)), options_(options), sources_(with_stream(sources, options)),
          missing_(std::move(missing)), events_(events), stop_(std::move(stop)),
          lists_(places_, options.job, sources_,
                 with_stream(with_missing(sources, missing_), options)),
          scanner_(std::move(sources), own_folders(places_), std::move(selection)) {}

    Result<BackupSummary> run();
    /// Looks what a run would do.
    Result<BackupSummary> preview();

private:
    enum class Try { committed, paused, fenced };
    Result<Try> run_session();
    Result<void> scan(BackupPipeline& pipeline, const Crew& crew);
    Result<void> read_stream(BackupPipeline& pipeline, const Crew& crew);
    Result<void> judge(const ListTotals& before, BackupTally& tally);
    [[nodiscard]] format::Note note_of(const BackupPipeline& pipeline, BackupTally& tally) const;
    void publish(FileListWriter& list, FileList* rest, const BackupTally& tally,
                 const BackupSummary& summary);

    const Places places_;
    const BackupOptions& options_;
    const std::vector<std::string> sources_, missing_;
    LockedEvents& events_;
    const std::stop_token stop_;
    const BackupLists lists_;
    std::chrono::seconds longest_ = options_.longest_session;
    const Scanner scanner_;             ///< leaves the list's folder out, which is there by now
    BackupSummary so_far_;              ///< of sessions that ended with an incomplete snapshot
    std::optional<KnownFile> streamed_; ///< what a session before this one made of the stream
    std::vector<SuspectSource> suspects_;
};

/// The sources, with the stream at its place among them.
Result<void> BackupRun::scan(BackupPipeline& pipeline, const Crew& crew) {
    if (!options_.stream)
        return scanner_.run(pipeline);
    WithStream visitor(pipeline, options_.stream->name,
                       [&] { return read_stream(pipeline, crew); });
    TRY(scanner_.run(visitor));
    return visitor.finish();
}

/// Once a run, if that can be: what is read by then is read.
Result<void> BackupRun::read_stream(BackupPipeline& pipeline, const Crew& crew) {
    const StreamSource& stream = *options_.stream;
    if (streamed_ && pipeline.take_stream(*streamed_))
        return {};
    if (streamed_ && stream.command.empty())
        return fail(ErrorKind::failure,
                    message(tr("/{}: a clean-up took away what was stored of it, and it can be "
                               "read only once: back up again"),
                            util::printable(stream.name)));
    StreamInput input(stream, [&crew] { return crew.is_stopping(); });
    TRY(pipeline.found_stream(stream.name,
                              [&](std::span<std::byte> into) { return input.read(into); }));
    if (const std::string said = input.said(); !said.empty())
        events_.finding(
            {Severity::notice, path_of(stream),
             message(tr("{} said: {}"), util::printable(stream.command.front()), said)});
    return {};
}

/// What the sources lost is refused, or marks the snapshot.
Result<void> BackupRun::judge(const ListTotals& before, BackupTally& tally) {
    std::map<std::string, std::uint64_t> seen = tally.seen();
    for (const std::string& source : missing_) // as one that is empty
        seen.try_emplace(source, 0);
    suspects_ =
        TRY(judge_losses(before, {.in_source = seen, .files = tally.summary().files}, options_));
    for (const SuspectSource& suspect : suspects_)
        events_.finding({Severity::warning, suspect.path, reason_of(suspect)});
    return {};
}

format::Note BackupRun::note_of(const BackupPipeline& pipeline, BackupTally& tally) const {
    format::Note note;
    note.sources = sources_;
    note.host = host_name();
    note.tags = options_.tags;
    note.users = pipeline.users();
    note.groups = pipeline.groups();
    name_owners(note.users, note.groups);
    for (const SuspectSource& suspect : suspects_)
        note.findings.push_back(finding_of(suspect));
    for (format::NoteFinding& finding : tally.findings())
        note.findings.push_back(std::move(finding));
    return note;
}

/// Gives the next run what this one learned. rest: what the last one knew of what this one did not
/// come to
void BackupRun::publish(FileListWriter& list, FileList* rest, const BackupTally& tally,
                        const BackupSummary& summary) {
    ListTotals totals{.files = summary.files, .bytes = summary.bytes, .in_source = tally.seen()};
    // What is missed is missed until it is back, or a person says that it is meant.
    for (const SuspectSource& suspect : suspects_)
        if (!suspect.path.empty())
            totals.in_source[suspect.path] = suspect.before;
    if (rest != nullptr) {
        totals = rest->totals();
        for (const KnownFile* file = rest->current(); file != nullptr; file = rest->next())
            list.add(*file);
    }
    if (const Result<void> published = list.publish(totals); !published) {
        events_.finding({Severity::notice, "",
                         message(tr("what this run learned of the files could not be kept, so the "
                                    "next one reads them all: {}"),
                                 published.error().message())});
        longest_ = std::chrono::hours(24) * 36500; // another session would come no further
        return;
    }
    lists_.share();
}

/// One session, from its opening to its commit.
Result<BackupRun::Try> BackupRun::run_session() {
    const std::unique_ptr<repo::WriteSession> session =
        TRY(repo::WriteSession::begin(places_, events_));
    std::optional<FileList> known = lists_.open();
    FileListWriter list = lists_.write();
    ListTotals before = known ? known->totals() : ListTotals();
    if (!known)
        before.files = session->files_of_last(options_.job);

    suspects_.clear();
    BackupTally tally(events_);
    tally.expect(before.files, before.bytes);
    for (const std::string& source : missing_) {
        format::NoteFinding finding = finding_of_missing(source);
        tally.find(finding.path, format::FindingKind::vanished, 0, std::move(finding.text));
    }
    std::optional<CountAhead> ahead;
    if (options_.count_ahead && !known)
        ahead.emplace(scanner_, tally);
    const data::Chunker chunker(session->chunk_sizes(), session->domain().gear_table());
    Crew crew(stop_);
    BackupPipeline pipeline(*session, chunker,
                            {.workers = Crew::workers(options_.threads),
                             .level = options_.compression_level,
                             .force_read = options_.force_read,
                             .longest = longest_},
                            known ? &*known : nullptr, list, crew, tally);
    pipeline.start();
    crew.run([&]() -> Result<void> {
        Result<void> scanned = scan(pipeline, crew);
        if (pipeline.is_paused())
            return {};
        return scanned;
    });
    ahead.reset();
    if (Result<void> done = pipeline.finish(); !done) {
        // What was stored is kept for the next run: packs that are whole get their index.
        if (crew.was_interrupted() || options_.stream)
            session->keep_stored();
        return Failure(crew.was_interrupted()
                           ? Error(ErrorKind::interrupted,
                                   tr("interrupted; what was stored so far is kept, and the "
                                      "next backup goes on from it"))
                           : done.error());
    }
    if (pipeline.streamed())
        streamed_ = pipeline.streamed();
    if (Result<void> judged = pipeline.is_paused() ? Result<void>() : judge(before, tally);
        !judged) {
        session->keep_stored();
        return Failure(std::move(judged).error());
    }
    std::vector<format::ChunkId> note = TRY(pipeline.store_note(note_of(pipeline, tally)));
    BackupSummary summary = tally.summary();
    const repo::WriteSession::Outcome outcome =
        TRY(session->commit({.counts = counts_of(summary),
                             .job = options_.job,
                             .root_page = pipeline.root_page(),
                             .note = std::move(note),
                             .incomplete = pipeline.is_paused()}));
    if (outcome == repo::WriteSession::Outcome::fenced)
        return Try::fenced;
    publish(list, pipeline.is_paused() && known ? &*known : nullptr, tally, summary);
    summary.snapshot = session->id().hex();
    summary.packs = session->totals().packs;
    summary.stored_bytes = session->totals().bytes;
    for (const repo::WriteSession::Late& late : session->late())
        summary.late.push_back(
            {.location = places_[late.place]->store->describe(), .why = late.why.message()});
    summary.suspect = suspects_;
    summary.missing = missing_.size();
    if (pipeline.is_paused()) {
        add_work(so_far_, summary);
        so_far_.partial.push_back(summary.snapshot);
        return Try::paused;
    }
    add_work(summary, so_far_);
    summary.partial = std::move(so_far_.partial);
    so_far_ = std::move(summary);
    return Try::committed;
}

Result<BackupSummary> BackupRun::run() {
    // A fence comes to a session that was silent for a week; twice in a row is a fault of the
    // store.
    for (int fences = 0; fences < 3;) {
        switch (TRY(run_session())) {
        case Try::committed:
            return so_far_;
        case Try::paused:
            events_.finding({Severity::notice, "",
                             message(tr("what is stored so far is kept as the incomplete snapshot "
                                        "{}; the backup goes on"),
                                     so_far_.partial.back().substr(0, 16))});
            break;
        case Try::fenced:
            ++fences;
            events_.finding(
                {Severity::warning, "",
                 tr("an admin's clean-up ended this backup's session; it begins anew")});
            break;
        }
    }
    return fail(
        ErrorKind::failure,
        tr("this backup's session was ended by a clean-up each time it was tried; ask the admin"));
}

Result<BackupSummary> BackupRun::preview() {
    std::optional<FileList> known = lists_.open();
    if (options_.stream)
        events_.finding({Severity::notice, path_of(*options_.stream),
                         tr("a stream is not read to show what would be done, and not counted "
                            "here")});
    return preview_backup(scanner_, known ? &*known : nullptr, options_.force_read, events_, stop_);
}

Result<void> check_options(const BackupOptions& options) {
    const auto is_good = [](const std::string& text) {
        return util::is_text(text) && text.size() <= format::limits::kText;
    };
    if (!is_good(options.job))
        return fail(ErrorKind::usage, tr("the job's name is too long or not valid UTF-8"));
    for (const std::string& tag : options.tags)
        if (!is_good(tag))
            return fail(ErrorKind::usage, tr("a tag is too long or not valid UTF-8"));
    if (options.compression_level < 1 || options.compression_level > 19)
        return fail(ErrorKind::usage, tr("the compression level may be 1 to 19"));
    if (!(options.suspect_loss > 0 && options.suspect_loss <= 100))
        return fail(ErrorKind::usage, tr("the loss that makes a snapshot suspect must be more than "
                                         "0 and at most 100 per cent"));
    return {};
}

} // namespace
} // namespace engine

Result<BackupSummary> backup(Repository& repository, const BackupOptions& options, Events& events,
                             std::stop_token stop) {
    Repository* const one[] = {&repository};
    return backup(one, options, events, std::move(stop));
}

Result<BackupSummary> backup(std::span<Repository* const> repositories,
                             const BackupOptions& options, Events& events, std::stop_token stop) {
    using namespace engine;
    const auto started = std::chrono::steady_clock::now();
    ASSERT(!repositories.empty());
    Places places;
    for (Repository* repository : repositories)
        places.push_back(&repository->impl().access);
    TRY(check_places(places));
    TRY(check_options(options));
    Selection selection = TRY(Selection::of(options));
    LockedEvents locked(events);
    std::vector<std::string> given = options.sources, missing, sources;
    if (options.empty_is_suspect)
        missing = take_missing(given);
    if (!options.sources.empty() || !options.stream)
        sources = TRY(resolve_sources(given, locked));
    TRY(check_sources_outside(places, sources));
    if (options.stream)
        TRY(check_stream(*options.stream, sources));
    BackupRun run(std::move(places), options, std::move(sources), std::move(missing),
                  std::move(selection), locked, std::move(stop));
    BackupSummary summary = TRY(options.dry_run ? run.preview() : run.run());
    summary.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return summary;
}

} // namespace saoluu
