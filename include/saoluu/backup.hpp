// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace saoluu {

/// What is backed up though no file holds it: it stands in the snapshot as the file /NAME, which
/// belongs to whoever runs the backup, and nobody else may read.
struct StreamSource {
    std::string name; ///< a plain file name
    /// A program and its arguments, run without a shell, whose output it is: if it ends otherwise
    /// than with status 0, there is no snapshot. It does not get passphrases and access keys of
    /// ours.
    std::vector<std::string> command;
    int fd = -1; ///< what is read if there is no command; borrowed
    /// Called if the command could not be run or ended otherwise, before backup() returns.
    std::function<void()> on_failure = {};
};

struct BackupOptions {
    /// files or folders; relative ones count from the working folder
    std::vector<std::string> sources;
    std::optional<StreamSource> stream; ///< beside them, or alone
    std::string job;
    std::vector<std::string> tags;

    /// gitignore's patterns, anchored ones at each source; those of the files come first
    std::vector<std::string> excludes;
    std::vector<std::string> exclude_files;           ///< paths of files with a pattern a line
    std::optional<std::uint64_t> exclude_larger_than; ///< bytes
    bool one_file_system = false; ///< what is mounted inside a source is left out
    bool keep_caches = false;     ///< store what a CACHEDIR.TAG says need not be

    bool dry_run = false;    ///< only look what would be done; nothing is stored
    bool force_read = false; ///< read files too that seem unchanged
    /// What a source has lost is meant: even one that lost all makes a snapshot, and none is
    /// suspect
    bool allow_empty = false;
    /// For runs that nobody watches: a source that lost all that it held makes a suspect snapshot
    /// and is not refused; one that is not there at all is a finding, if another is.
    bool empty_is_suspect = false;
    /// A source that lost more than this share of what it held, in per cent, makes the snapshot
    /// suspect; 100: only one that lost all does.
    double suspect_loss = 50;
    bool count_ahead = false; ///< look how much there is beside the run, for its progress

    int compression_level = 3; ///< zstd's, 1 to 19
    unsigned threads = 0; ///< that hash, compress and encrypt; 0: as many as there are processors
    /// After so long a run commits what it has as an incomplete snapshot and goes on.
    std::chrono::seconds longest_session = std::chrono::hours(24);
};

/// A place that did not get all of a run.
struct LatePlace {
    std::string location; ///< without credentials
    std::string why;      ///< for people, translated
};

/// A source that lost most of what it held at the last backup that was not suspect.
struct SuspectSource {
    std::string path;         ///< absolute, bytes; empty: all sources together
    std::uint64_t before = 0; ///< entries in it; of all sources together files; of a stream bytes
    std::uint64_t now = 0;
    bool in_bytes = false;
};

struct BackupSummary {
    std::string snapshot;             ///< id, hex; empty after a dry run
    std::vector<std::string> partial; ///< ids of incomplete snapshots that a long run made before
    std::uint64_t files = 0;          ///< all; they are new, changed or unchanged
    std::uint64_t new_files = 0;      ///< not known from the last run of this computer
    std::uint64_t changed_files = 0;
    std::uint64_t unchanged_files = 0; ///< and so not read
    std::uint64_t folders = 0;
    std::uint64_t others = 0;     ///< links, FIFOs, devices
    std::uint64_t excluded = 0;   ///< left out because the caller wanted so
    std::uint64_t left_out = 0;   ///< kinds of file that can't be stored
    std::uint64_t unreadable = 0; ///< could not be read, or changed while being read
    std::uint64_t missing = 0;    ///< of these, sources that are not there at all
    std::uint64_t bytes = 0;      ///< of all files
    std::uint64_t bytes_read = 0;
    std::uint64_t chunks = 0;
    std::uint64_t new_chunks = 0;
    std::uint64_t new_chunk_bytes = 0; ///< before compression
    std::uint64_t stored_bytes = 0;    ///< what the run added to the store
    std::uint64_t packs = 0;
    std::vector<LatePlace> late; ///< of several places those that failed; the others have it all
    std::vector<SuspectSource> suspect; ///< the snapshot is complete all the same, and marked
    double seconds = 0;
    [[nodiscard]] bool complete() const { return unreadable == 0 && late.empty(); }
};

/// Backs up the sources into one new snapshot. Every key may.
/// A file that can't be read is a finding; the rest goes on.
/// errors: usage (no such source, a pattern that makes no sense); refused (rival rosters, a store
///         that was set back, a source that held something at the last run and is empty now);
///         failure (a stream's command failed); no_space, io, denied, interrupted
Result<BackupSummary> backup(Repository& repository, const BackupOptions& options, Events& events,
                             std::stop_token stop);

/// The same into several places at once: copies of one repository, each in a store of its own,
/// opened by the same key. Sources are read and compressed once; each place gets the same snapshot.
/// A place that fails is left behind (BackupSummary::late) and the others go on; `mirror` brings it
/// what it lacks.
/// errors: also usage (other repositories, one place named twice, other keys); what keeps a run
///         from going on at all comes from the last place that was left
Result<BackupSummary> backup(std::span<Repository* const> places, const BackupOptions& options,
                             Events& events, std::stop_token stop);

} // namespace saoluu
