// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/check.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace saoluu::report {

/// What a store has of one client's job.
struct JobState {
    std::string job, client;
    UnixTime newest = 0;
    std::size_t snapshots = 0;
};

/// Of every client and job, by name.
inline std::vector<JobState> jobs_of(const CheckReport& report) {
    std::map<std::pair<std::string, std::string>, JobState> jobs;
    for (const CheckedSnapshot& snapshot : report.checked) {
        JobState& state = jobs[{snapshot.job, snapshot.client}];
        state.job = snapshot.job;
        state.client = snapshot.client;
        state.newest = std::max(state.newest, snapshot.started);
        ++state.snapshots;
    }
    std::vector<JobState> list;
    for (const auto& [name, state] : jobs)
        list.push_back(state);
    return list;
}

} // namespace saoluu::report
