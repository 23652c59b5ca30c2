// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace saoluu {

/// A snapshot and a path in it, as a person writes it: ID, its unique beginning, latest or
/// latest:JOB, each with :PATH behind it, where a path begins with `/`.
struct SnapshotPath {
    std::string snapshot;
    std::string path = "/";
    static SnapshotPath parse(std::string_view text);
};

/// What becomes of a file that is there already and differs.
enum class Overwrite {
    never,    ///< it stays; that is a finding
    if_newer, ///< it is replaced if the snapshot's was changed later, else it stays
    always,   ///< it is replaced
};

/// What was done with one path of the snapshot, or would be.
enum class PathOutcome { made, overwritten, linked, already_there, kept };

struct RestoreOptions {
    SnapshotPath from = {};
    std::string target = {}; ///< folder; made if it is missing
    /// gitignore's patterns on paths below what is restored. With includes only what they take
    /// comes back, and the folders on the way to it; excludes outweigh them.
    std::vector<std::string> includes = {};
    std::vector<std::string> excludes = {};
    Overwrite overwrite = Overwrite::never;
    bool devices = false;         ///< make block and character devices
    bool setuid = false;          ///< give files their setuid and setgid bits
    bool security_xattrs = false; ///< set extended attributes `security.*`
    bool numeric_owner = false;   ///< take owners by number, not by name
    bool dry_run = false;         ///< only look what would be done; nothing is written
    /// Told of each path that came back or is there already. Calls come from several threads, one
    /// at a time, and never while an event is told.
    std::function<void(const std::string& path, PathOutcome)> each_path = {};
    unsigned threads = 0;
};

struct RestoreSummary {
    std::string snapshot;
    std::uint64_t files = 0; ///< written, those that were linked apart
    std::uint64_t folders = 0;
    std::uint64_t others = 0; ///< links, FIFOs, devices
    std::uint64_t linked = 0; ///< further names of files that were restored (hard links)
    std::uint64_t bytes = 0;
    std::uint64_t already_there = 0; ///< that were identical
    std::uint64_t overwritten = 0;   ///< of `files`, `others` and `linked`: replaced what differed
    std::uint64_t kept = 0;     ///< that differed, and stayed because they are not older (if_newer)
    std::uint64_t left_out = 0; ///< for want of a flag
    std::uint64_t damaged = 0;  ///< files that could not be restored because their data is damaged
    std::uint64_t failed = 0;   ///< files that the target would not take
    std::uint64_t not_set = 0;  ///< entries with an owner, mode, time or attribute that was not set
    double seconds = 0;
};

/// Restores a snapshot, or what lies at a path of it, into the target. Every chunk is verified,
/// each pack is read once. Damage costs only the files that need what is damaged. What an
/// interrupted run restored is found there by the next.
/// errors: wrong_key (a key that may only write), not_found, usage (ambiguous, a pattern that makes
///         no sense), refused (a target inside the repository), no_space, denied, io, interrupted
Result<RestoreSummary> restore(Repository& repository, const RestoreOptions& options,
                               Events& events, std::stop_token stop);

} // namespace saoluu
