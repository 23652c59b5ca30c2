// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/state.hpp"
#include "service/task.hpp"

#include "saoluu/config.hpp"
#include "saoluu/service_status.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace saoluu::service {

/// What a daemon that runs knows beside the records.
struct Standing {
    std::map<std::string, Moment> planned; ///< by Task::key(): when what was missed begins
    std::set<std::string> busy;            ///< the same, of what goes on
};

/// Jobs and stores as they stand; the rest is for others to fill in.
ServiceStatus status_of(const Config& config, const std::vector<Task>& tasks, State& state,
                        const Standing& standing, Moment now);

} // namespace saoluu::service
