// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"
#include "saoluu/restore.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

/// Looking into snapshots: what lies in one, where a file is, how two differ. All of it takes a key
/// that may read, reads no more of the catalogs than it needs, and holds no catalog in memory.
/// A part of a catalog that is damaged is a finding; the rest goes on.
/// errors of all: wrong_key (a key that may only write), not_found, usage (ambiguous, or a path or
/// pattern that makes no sense), io, interrupted
namespace saoluu {

enum class EntryType { file, folder, symlink, fifo, character, block, socket };

/// A file, folder or link as a snapshot has it.
struct EntryInfo {
    std::string path; ///< absolute; bytes
    EntryType type = EntryType::file;
    std::uint32_t mode = 0; ///< the 07777 bits
    std::uint64_t uid = 0;
    std::uint64_t gid = 0;
    std::string user;  ///< its name on the client, as bytes, where it is known and was asked for
    std::string group; ///< the same
    UnixTime modified = 0;
    std::uint32_t modified_nanoseconds = 0;
    std::uint64_t size = 0; ///< of a file
    std::string target;     ///< of a symbolic link; bytes
};

/// How many of each kind.
struct EntryCounts {
    std::uint64_t files = 0;
    std::uint64_t folders = 0;
    std::uint64_t others = 0;
    std::uint64_t bytes = 0; ///< of files
};

struct ListOptions {
    SnapshotPath from;
    bool recursive = false;
    bool with_owners = false; ///< names of users and groups too
};

struct ListSummary {
    std::string snapshot; ///< id, hex
    EntryCounts counts;
    std::uint64_t damaged = 0; ///< places where the catalog can't be read
};

/// False: enough was seen, the rest is not wanted.
using EachEntry = std::function<bool(const EntryInfo& entry)>;

/// What lies in a folder of a snapshot, with all below it if recursive, in path order; of a file,
/// the file.
Result<ListSummary> list_path(Repository& repository, const ListOptions& options,
                              const EachEntry& each, Events& events, std::stop_token stop);

struct FindOptions {
    std::string pattern; ///< as a line of .gitignore: without `/` a name anywhere
    std::vector<std::string> snapshots = {}; ///< id, its beginning, latest, latest:JOB; none: all
    std::optional<EntryType> type = {};
    /// Tell of each snapshot that a file is in, and not once of each version of a file.
    bool every_snapshot = false;
};

/// A file as one or more snapshots have it: the same content and time of change.
struct FoundVersion {
    EntryInfo entry;
    std::string snapshot; ///< id of the newest that has it
    UnixTime started = 0; ///< of that one
    std::string oldest;   ///< id of the oldest that has it
    UnixTime oldest_started = 0;
    std::uint64_t snapshots = 0; ///< that have it
};

struct FindSummary {
    std::uint64_t snapshots = 0; ///< that were looked through
    std::uint64_t versions = 0;
    std::uint64_t hits = 0;    ///< each in each snapshot
    std::uint64_t damaged = 0; ///< places where a catalog can't be read
};

using EachVersion = std::function<bool(const FoundVersion& version)>;

/// Entries whose path matches, newest snapshot first, in path order. Versions come when all
/// snapshots were looked through; with every_snapshot each hit comes at once.
/// memory: the hits
Result<FindSummary> find_files(Repository& repository, const FindOptions& options,
                               const EachVersion& each, Events& events, std::stop_token stop);

struct DiffOptions {
    std::string before; ///< id of a snapshot, its beginning, latest, latest:JOB
    std::string after;
    std::string path = "/"; ///< only what lies there
    /// Tell of folders of which only the time differs: whatever is made in a folder changes that.
    bool folder_times = false;
};

enum class Change {
    added,
    removed,
    content,
    type,
    metadata ///< only
};

/// What differs of an entry that both have.
struct Differences {
    bool content = false;
    bool mode = false;
    bool owner = false;
    bool group = false;
    bool time = false;
    bool attributes = false; ///< extended attributes, with them ACLs
};

struct DiffEntry {
    Change change = Change::content;
    std::string path; ///< absolute; bytes
    std::optional<EntryInfo> before;
    std::optional<EntryInfo> after;
    Differences differs;
};

struct DiffSummary {
    std::string before; ///< ids, hex
    std::string after;
    std::uint64_t added = 0;
    std::uint64_t removed = 0;
    std::uint64_t content = 0;
    std::uint64_t type = 0;
    std::uint64_t metadata = 0;
    std::uint64_t added_bytes = 0;   ///< of files that only the second has
    std::uint64_t removed_bytes = 0; ///< of files that only the first has
    std::uint64_t changed_bytes = 0; ///< of files whose content differs, as the second has them
    std::uint64_t unknown = 0;       ///< entries that could not be compared, because of damage
    std::uint64_t damaged = 0;       ///< places where a catalog can't be read
    [[nodiscard]] bool same() const { return added + removed + content + type + metadata == 0; }
};

using EachDifference = std::function<bool(const DiffEntry& entry)>;

/// What is different in the second snapshot, in path order. Snapshots of clients that don't share
/// deduplication are compared by size and time, which is told.
Result<DiffSummary> diff_snapshots(Repository& repository, const DiffOptions& options,
                                   const EachDifference& each, Events& events,
                                   std::stop_token stop);

} // namespace saoluu
