// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/config.hpp"
#include "saoluu/daemon.hpp"
#include "saoluu/result.hpp"

#include <stop_token>

namespace saoluu {

enum class HookMoment { before, after, on_failure };

/// Runs the program that a job has for this moment, if it has one. It learns the facts by variables
/// of its environment: SAOLUU_HOOK, SAOLUU_JOB, SAOLUU_STORES, SAOLUU_OUTCOME, SAOLUU_SNAPSHOT,
/// SAOLUU_ERROR; none of ours that opens a repository or a store is in it.
/// facts: of the run; before it nothing counts of them
/// errors: failure (it could not be started, failed, or took longer than it may; what it said is in
///         the message); interrupted
Result<void> run_hook(const JobConfig& job, HookMoment moment, const RunFacts& facts,
                      const std::stop_token& stop);

} // namespace saoluu
