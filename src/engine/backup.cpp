// SPDX-License-Identifier: Apache-2.0
#include "saoluu/backup.hpp"

#include "engine/backup_pipeline.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <chrono>
#include <utility>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace saoluu {
namespace engine {
namespace {

using util::message;
using util::tr;

/// Names of the owners that a snapshot's entries have; numbers without a name keep an empty one.
void name_owners(std::map<std::uint64_t, std::string>& users,
                 std::map<std::uint64_t, std::string>& groups) {
    std::vector<char> buffer(16 << 10);
    for (auto& [uid, name] : users) {
        passwd entry{};
        passwd* found = nullptr;
        if (::getpwuid_r(static_cast<uid_t>(uid), &entry, buffer.data(), buffer.size(), &found) ==
                0 &&
            found != nullptr)
            name = entry.pw_name;
    }
    for (auto& [gid, name] : groups) {
        group entry{};
        group* found = nullptr;
        if (::getgrgid_r(static_cast<gid_t>(gid), &entry, buffer.data(), buffer.size(), &found) ==
                0 &&
            found != nullptr)
            name = entry.gr_name;
    }
    std::erase_if(users, [](const auto& user) { return user.second.empty(); });
    std::erase_if(groups, [](const auto& one) { return one.second.empty(); });
}

std::string host_name() {
    char name[256] = {};
    if (::gethostname(name, sizeof name - 1) != 0 || !util::is_text(name))
        return "";
    return name;
}

/// Folders of this program that must not be in a backup: it would chase its own tail.
std::vector<std::string> own_folders(const repo::Access& access) {
    std::vector<std::string> folders = {access.local.state_root(), access.local.cache_root()};
    if (std::string repository = access.store->local_folder(); !repository.empty())
        folders.push_back(std::move(repository));
    return folders;
}

/// A source in the repository would leave nothing to back up, or backs up sealed objects: nobody
/// means that.
Result<void> check_sources(const repo::Access& access, const std::vector<std::string>& sources) {
    const std::string repository = access.store->local_folder();
    struct stat own {};
    if (repository.empty() || ::stat(repository.c_str(), &own) != 0)
        return {};
    for (const std::string& source : sources)
        for (std::string path = source;; path = util::parent_of(path)) {
            struct stat info {};
            if (::stat(path.c_str(), &info) == 0 && info.st_dev == own.st_dev &&
                info.st_ino == own.st_ino)
                return fail(ErrorKind::usage,
                            message(tr("{}: this lies in the repository itself, which can't be "
                                       "backed up into itself"),
                                    util::printable(source)));
            if (path == "/")
                break;
        }
    return {};
}

/// What the counts of a record are, in the order of format::Count.
std::vector<std::uint64_t> counts_of(const BackupSummary& summary) {
    return {summary.files,
            summary.folders,
            summary.others,
            summary.bytes_read,
            0,
            0,
            0,
            summary.new_chunk_bytes,
            0};
}

enum class Try { committed, fenced };

/// One session, from its opening to its commit.
Result<Try> run_session(repo::Access& access, const BackupOptions& options,
                        const std::vector<std::string>& sources, LockedEvents& events,
                        std::stop_token stop, BackupSummary& summary) {
    const std::unique_ptr<repo::WriteSession> session =
        TRY(repo::WriteSession::begin(access, events));
    const data::Chunker chunker(access.roster().chunks, session->domain().gear_table());
    Crew crew(std::move(stop));
    BackupPipeline pipeline(
        *session, chunker,
        {.workers = Crew::workers(options.threads), .level = options.compression_level}, crew,
        events);
    pipeline.start();
    const Scanner scanner(sources, own_folders(access));
    crew.run([&] {
        return scanner.run([&](ScanItem item) { return pipeline.feed(std::move(item)); },
                           [&](const ScanProblem& problem) { pipeline.report(problem); });
    });
    if (Result<void> done = pipeline.finish(); !done) {
        // What was stored is kept for the next run: packs that are whole get their index.
        if (crew.was_interrupted())
            session->keep_stored();
        return Failure(crew.was_interrupted()
                           ? Error(ErrorKind::interrupted,
                                   tr("interrupted; what was stored so far is kept, and the "
                                      "next backup goes on from it"))
                           : done.error());
    }

    format::Note note;
    note.sources = sources;
    note.host = host_name();
    note.tags = options.tags;
    note.users = pipeline.users();
    note.groups = pipeline.groups();
    name_owners(note.users, note.groups);
    note.findings = pipeline.findings();
    std::vector<format::ChunkId> note_ids = TRY(pipeline.store_note(note));
    summary = pipeline.summary();
    const repo::WriteSession::Outcome outcome =
        TRY(session->commit({.counts = counts_of(summary),
                             .job = options.job,
                             .root_page = pipeline.root_page(),
                             .note = std::move(note_ids),
                             .incomplete = false}));
    summary.snapshot = session->id().hex();
    summary.packs = session->totals().packs;
    summary.stored_bytes = session->totals().bytes;
    return outcome == repo::WriteSession::Outcome::committed ? Try::committed : Try::fenced;
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
    return {};
}

} // namespace
} // namespace engine

Result<BackupSummary> backup(Repository& repository, const BackupOptions& options, Events& events,
                             std::stop_token stop) {
    using namespace engine;
    const auto started = std::chrono::steady_clock::now();
    repo::Access& access = repository.impl().access;
    TRY(check_options(options));
    const std::vector<std::string> sources = TRY(resolve_sources(options.sources));
    TRY(check_sources(access, sources));
    LockedEvents locked(events);
    constexpr int kTries = 3; // a fence comes to a session that was silent for a week; twice in a
                              // row is a fault of the store
    for (int i = 0; i < kTries; ++i) {
        BackupSummary summary;
        const Try outcome = TRY(run_session(access, options, sources, locked, stop, summary));
        if (outcome == Try::fenced) {
            locked.finding(
                {Severity::warning, "",
                 util::tr("an admin's clean-up ended this backup's session; it begins anew")});
            continue;
        }
        summary.seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
        return summary;
    }
    return fail(
        ErrorKind::failure,
        util::tr(
            "this backup's session was ended by a clean-up each time it was tried; ask the admin"));
}

} // namespace saoluu
