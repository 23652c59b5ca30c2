// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"

#include <string>
#include <vector>

namespace saoluu {

struct BackupOptions {
    std::vector<std::string>
        sources; ///< files or folders; relative ones count from the working folder
    std::string job;
    std::vector<std::string> tags;
    int compression_level = 3; ///< zstd's, 1 to 19
    unsigned threads = 0; ///< that hash, compress and encrypt; 0: as many as there are processors
};

struct BackupSummary {
    std::string snapshot; ///< id, hex
    std::uint64_t files = 0;
    std::uint64_t folders = 0;
    std::uint64_t others = 0;     ///< links
    std::uint64_t left_out = 0;   ///< kinds of file that were not stored
    std::uint64_t unreadable = 0; ///< could not be read, or changed while being read
    std::uint64_t bytes_read = 0;
    std::uint64_t chunks = 0;
    std::uint64_t new_chunks = 0;
    std::uint64_t new_chunk_bytes = 0; ///< before compression
    std::uint64_t stored_bytes = 0;    ///< what the run added to the store
    std::uint64_t packs = 0;
    double seconds = 0;
    [[nodiscard]] bool complete() const { return unreadable == 0; }
};

/// Backs up the sources into one new snapshot. Every key may.
/// A file that can't be read is a finding; the rest goes on.
/// errors: usage (no such source), refused (rival rosters, a store that was set back), no_space,
/// io,
///         denied, interrupted
Result<BackupSummary> backup(Repository& repository, const BackupOptions& options, Events& events,
                             std::stop_token stop);

} // namespace saoluu
