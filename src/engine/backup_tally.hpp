// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/file_list.hpp"
#include "engine/locked_events.hpp"
#include "engine/scan.hpp"
#include "format/note.hpp"

#include "saoluu/backup.hpp"

#include <atomic>
#include <mutex>
#include <vector>

namespace saoluu::engine {

/// What a backup did and met so far: counts, findings, progress. Threads: any, but where said.
class BackupTally {
public:
    explicit BackupTally(LockedEvents& events) : events_(events) {}

    /// What became of a file since the last run.
    enum class Fate { fresh, changed, unchanged };
    void add_entry(const format::Entry& entry, Fate fate);
    void add_read(std::uint64_t bytes);
    void add_chunks(std::uint64_t chunks, std::uint64_t new_chunks, std::uint64_t new_bytes);

    /// Something in the sources did not go as it should; path: in the catalog
    void find(const std::string& path, format::FindingKind kind, int code);
    void find(const std::string& path, format::FindingKind kind, int code, std::string text);
    /// Something could not be looked at or read, and so is not in the snapshot; code: errno
    void miss(const std::string& path, int code);
    void exclude(const std::string& path, Selection::Reason reason);

    /// Counts what lies in a source, taken or left out; the scanning thread's.
    void saw(const ScanItem& item);
    void saw_excluded() { ++*seen_here_; }
    /// Of a stream its bytes are counted.
    void saw_stream(const std::string& source, std::uint64_t bytes);
    [[nodiscard]] const std::map<std::string, std::uint64_t>& seen() const { return seen_; }

    /// How much there is, as far as it is known.
    void expect(std::uint64_t files, std::uint64_t bytes);

    [[nodiscard]] BackupSummary summary();
    [[nodiscard]] std::vector<format::NoteFinding> findings();

private:
    void tell_progress();

    LockedEvents& events_;
    std::mutex mutex_; ///< findings_, summary_
    std::vector<format::NoteFinding> findings_;
    BackupSummary summary_;
    std::map<std::string, std::uint64_t> seen_;
    std::uint64_t bytes_known_ = 0; ///< of unchanged files
    std::string current_;           ///< the last file that was done
    std::uint64_t seen_above_ = 0;  ///< in no source
    std::uint64_t* seen_here_ = &seen_above_;
    std::atomic<std::uint64_t> bytes_read_ = 0, files_expected_ = 0, bytes_expected_ = 0;
};

} // namespace saoluu::engine
