// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"

#include <string>
#include <vector>

namespace saoluu {

struct SnapshotInfo {
    std::string id;
    std::string job;
    std::string client; ///< holder of the key that made it
    std::string actor;  ///< hex
    UnixTime started = 0;
    UnixTime ended = 0;
    std::uint64_t sequence = 0;
    bool incomplete = false;
    std::uint64_t files = 0;
    std::uint64_t folders = 0;
    std::uint64_t others = 0;
    std::uint64_t bytes = 0;
    std::uint64_t stored_bytes = 0;
    /// From the note, which only a reader's key opens; empty otherwise.
    std::vector<std::string> sources; ///< bytes
    std::vector<std::string> tags;
    std::string host;
    bool suspect = false; ///< a source had lost much of what it held
};

/// All snapshots that count, in the order of their clients' chains and then time.
Result<std::vector<SnapshotInfo>> list_snapshots(Repository& repository, Events& events);

} // namespace saoluu
