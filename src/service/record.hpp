// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/agenda.hpp"

#include "saoluu/service_status.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace saoluu::service {

/// A run of a task, as it is kept.
struct Run {
    std::int64_t id = 0;   ///< made at random, so that no two processes make the same
    std::string task = {}; ///< Task::key()
    UnixTime due = 0;      ///< the moment that it was run for; when it was asked for, if by hand
    UnixTime started = 0;
    std::optional<UnixTime> ended = {};
    RunOutcome outcome = RunOutcome::none;
    unsigned attempt = 1; ///< a run that failed is tried again
    std::chrono::seconds took{0};
    std::string snapshot = {}; ///< id, hex
    std::string error = {};    ///< for people; may name files
    bool suspect = false;
    std::uint64_t files = 0, bytes = 0, stored_bytes = 0;
    std::uint64_t skipped = 0; ///< moments that came while it ran
};

/// What is remembered of a task.
struct TaskRecord {
    policy::Handled handled;
    UnixTime known_since = 0; ///< it has been in the config file
    std::optional<Run> last;  ///< that ended, the newest
    std::optional<UnixTime> last_success;
    std::string facts; ///< what the last check of a store told, as JSON
};

} // namespace saoluu::service
