// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/locked_events.hpp"
#include "engine/restore_metadata.hpp"
#include "util/guarded.hpp"

#include "saoluu/restore.hpp"

#include <array>
#include <atomic>
#include <string>

namespace saoluu::engine {

/// What a restore has done so far, counted by all its threads, and told.
class RestoreTally {
public:
    using Counter = std::uint64_t RestoreSummary::*;

    RestoreTally(LockedEvents& events, const RestoreOptions& options)
        : events_(events), options_(options) {}

    /// What the whole run comes to, if it is known, for the progress.
    void expect(std::uint64_t files, std::uint64_t bytes);

    void add(Counter what, std::uint64_t amount = 1);
    /// counter: which of the summary an entry that came back is of; those that were there already
    /// and those that were kept have their own.
    void done(const std::string& path, PathOutcome outcome, Counter counter,
              std::uint64_t bytes = 0);
    /// Bytes that were written, or need not be.
    void moved(std::uint64_t bytes) { moved_ += bytes; }

    void damaged(const std::string& path, const std::string& why);
    /// The target did not take an entry. What would hit every entry (no space, no memory) ends the
    /// run instead.
    Result<void> failed(const std::string& path, const Error& error);
    /// What could not be set is told once, by finish(): as an ordinary user no owner can be set.
    void metadata(const std::string& path, const MetadataOutcome& outcome);
    [[nodiscard]] std::uint64_t damaged_so_far();

    /// Tells what was kept for the end, and gives the sums.
    RestoreSummary finish();

private:
    /// What could not be set of one kind of metadata.
    struct Unset {
        std::uint64_t entries = 0;
        std::string first; ///< path
        int error = 0;     ///< of the first
    };
    struct Sums {
        RestoreSummary summary;
        std::array<Unset, MetadataOutcome::kParts> unset;
    };

    LockedEvents& events_;
    const RestoreOptions& options_;
    std::uint64_t total_files_ = 0, total_bytes_ = 0;
    std::atomic<std::uint64_t> moved_ = 0;
    util::Guarded<Sums> sums_;
};

} // namespace saoluu::engine
