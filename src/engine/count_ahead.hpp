// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/backup_tally.hpp"

#include <stop_token>
#include <thread>

namespace saoluu::engine {

/// Looks in a thread of its own how much there is to back up, for the progress of a run that no
/// list of an earlier one tells. Stops when it goes. What the run needs next lies in the system's
/// cache by then.
class CountAhead {
public:
    CountAhead(const Scanner& scanner, BackupTally& tally);

private:
    std::jthread thread_;
};

} // namespace saoluu::engine
