// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/ledger.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace saoluu::repo {

/// What a session takes from the records before it; each is opened once.
struct EarlierRecords {
    std::set<format::SegmentId> segments; ///< that any of them names
    /// Of this actor's last whole snapshot of each job: sequence, files.
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> last_of_job;

    static EarlierRecords of(const Access& access, const Ledger& ledger);
};

/// This actor's newest commit that may have come true.
std::optional<format::Record> last_record(const Access& access, const Ledger& ledger);

} // namespace saoluu::repo
