// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"

#include <string>

namespace saoluu {

/// A snapshot and a path in it, as a person writes it: ID, its unique beginning, latest or
/// latest:JOB, each with :PATH behind it, where a path begins with `/`.
struct SnapshotPath {
    std::string snapshot;
    std::string path = "/";
    static SnapshotPath parse(std::string_view text);
};

struct RestoreOptions {
    SnapshotPath from;
    std::string target; ///< folder; made if it is missing
    unsigned threads = 0;
};

struct RestoreSummary {
    std::string snapshot;
    std::uint64_t files = 0;
    std::uint64_t folders = 0;
    std::uint64_t others = 0;
    std::uint64_t bytes = 0;
    std::uint64_t already_there = 0; ///< files that were identical and left alone
    std::uint64_t left_out = 0;      ///< for want of a flag
    std::uint64_t damaged = 0; ///< files that could not be restored because their data is damaged
    std::uint64_t failed = 0;  ///< files that the target would not take
    std::uint64_t not_set = 0; ///< owners, modes or times that could not be set
    double seconds = 0;
};

/// Restores a snapshot, or what lies at a path of it, into the target. Every chunk is verified.
/// An existing file that differs is never overwritten: it is a finding. Damage costs only the files
/// that need what is damaged. errors: wrong_key (a key that may only write), not_found, usage
/// (ambiguous), no_space, denied, io, interrupted
Result<RestoreSummary> restore(Repository& repository, const RestoreOptions& options,
                               Events& events, std::stop_token stop);

} // namespace saoluu
