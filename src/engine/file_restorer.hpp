// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/locked_events.hpp"
#include "engine/restore_target.hpp"
#include "repo/chunk_reader.hpp"
#include "util/guarded.hpp"

#include "saoluu/restore.hpp"

namespace saoluu::engine {

/// What a restore has done so far, counted by all its threads, and told.
class RestoreTally {
public:
    explicit RestoreTally(LockedEvents& events) : events_(events) {}

    void add(std::uint64_t RestoreSummary::*what, std::uint64_t amount = 1);
    void damaged(const std::string& path, const std::string& why);
    /// The target did not take an entry. What would hit every entry (no space, no memory) ends the
    /// run instead.
    Result<void> failed(const std::string& path, const Error& error);
    void metadata(const std::string& path, const MetadataOutcome& outcome);
    void restored_file(const std::string& path, std::uint64_t bytes);
    [[nodiscard]] std::uint64_t damaged_so_far();
    RestoreSummary take();

private:
    LockedEvents& events_;
    util::Guarded<RestoreSummary> summary_;
};

/// Restores files, one after the other. One per thread.
class FileRestorer {
public:
    FileRestorer(const repo::Access& access, const repo::Index& index, format::Domain domain,
                 const RestoreTarget& target, RestoreTally& tally)
        : access_(access), chunks_(access, index), domain_(domain), target_(target), tally_(tally) {
    }

    /// path: relative to the target. Damage and what the target won't take are counted.
    /// errors: what ends the run
    Result<void> restore(const std::string& path, const format::Entry& entry);

private:
    Result<void> write(const std::string& path, const format::Entry& entry);
    /// Whether the target has the very same content already; then its metadata is brought up to
    /// date.
    bool is_there(const std::string& path, const format::Entry& entry);

    const repo::Access& access_;
    repo::ChunkReader chunks_;
    format::Domain domain_;
    const RestoreTarget& target_;
    RestoreTally& tally_;
};

} // namespace saoluu::engine
