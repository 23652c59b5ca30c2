// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"

#include <string>
#include <vector>

namespace saoluu {

struct CheckOptions {
    bool read_data = false; ///< decrypt every chunk and walk every catalog; needs a reader's key
    unsigned threads = 0;
};

struct CheckReport {
    std::uint64_t objects = 0;
    std::uint64_t foreign_objects = 0; ///< that no part of saoluu made
    std::uint64_t snapshots = 0;
    std::uint64_t packs = 0;
    std::uint64_t pack_bytes = 0;
    std::uint64_t chunks = 0;       ///< decrypted and verified (read_data)
    std::uint64_t unused_packs = 0; ///< left by runs that did not end; harmless
    std::uint64_t damage = 0;       ///< findings of severity damage
    std::uint64_t alarms = 0;       ///< findings of severity alarm
    std::uint64_t warnings = 0;
    std::vector<std::string> damaged_snapshots; ///< ids that miss something
    double seconds = 0;
    [[nodiscard]] bool sound() const { return damage == 0 && alarms == 0; }
};

/// Checks the repository: listing, roster and ledger (L0), the hash of every pack (L1), directories
/// against index (L2), and with read_data every chunk and catalog (L3). Damage is reported as
/// findings, not as an error. errors: wrong_key (read_data with a key that may only write), io,
/// interrupted
Result<CheckReport> check(Repository& repository, const CheckOptions& options, Events& events,
                          std::stop_token stop);

} // namespace saoluu
