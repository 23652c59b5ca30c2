// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/file_list.hpp"
#include "format/note.hpp"

#include "saoluu/backup.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace saoluu::engine {

/// What a run saw, to be held against what the last one did.
struct Seen {
    const std::map<std::string, std::uint64_t>& in_source; ///< as ListTotals has it
    std::uint64_t files = 0;
};

/// The sources that lost all that they held at the last run, or more than the share that is set.
/// before: of the last run's list; where there is none, only its `files` are known, of all sources
/// errors: refused (a source is empty now, and nothing says that it may be)
Result<std::vector<SuspectSource>> judge_losses(const ListTotals& before, const Seen& now,
                                                const BackupOptions& options);

/// A source that is not there at all, in a run that goes on without it.
format::NoteFinding finding_of_missing(const std::string& source);

/// Why a source is suspect, for people: what it held and holds, and what to do.
std::string reason_of(const SuspectSource& suspect);

/// What the snapshot says of it. It comes first among a note's findings, which has room for some.
format::NoteFinding finding_of(const SuspectSource& suspect);

} // namespace saoluu::engine
