// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/process.hpp"

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

/// Programs of a person's own that a job runs before a backup, after it, and when it failed.
namespace saoluu::service {

using Environment = std::vector<std::pair<std::string, std::optional<std::string>>>;

enum class HookKind { before, after, on_failure };
/// As the config file has it: "before", "after", "on_failure".
const char* name_of(HookKind hook);

/// What a hook is told of its job, by variables of its environment. What is empty is not set.
struct HookFacts {
    HookKind hook = HookKind::before;
    std::string job;
    std::vector<std::string> stores;
    std::string outcome;  ///< done, incomplete, failed or suspect; of `before`: empty
    std::string snapshot; ///< id, hex
    std::string error;    ///< for people
};

/// SAOLUU_HOOK, SAOLUU_JOB, SAOLUU_STORES (with spaces between), SAOLUU_OUTCOME, SAOLUU_SNAPSHOT,
/// SAOLUU_ERROR, and none of the variables that open our repositories and stores.
Environment environment_of(const HookFacts& facts);

struct HookLimits {
    std::chrono::milliseconds timeout = std::chrono::minutes(10);
    /// After it was asked to end, before it is killed.
    std::chrono::milliseconds grace = std::chrono::seconds(10);
};

struct HookOutcome {
    enum class End {
        by_itself,   ///< `status` says how
        timed_out,   ///< it was ended
        stopped,     ///< the same, because we were to stop
        not_started, ///< `output` says why
    };
    End end = End::by_itself;
    std::optional<util::ExitStatus> status;
    std::string output; ///< the last 4 KiB of what it wrote to either output; any bytes
    double seconds = 0;

    [[nodiscard]] bool is_success() const {
        return end == End::by_itself && status && status->is_success();
    }
};
/// What became of a hook, in one line for people: "it ended with exit status 1; it said: …".
std::string describe(const HookOutcome& outcome);

/// Runs a hook to its end, without a shell, in a process group of its own, with nothing at its
/// standard input. Whatever it started and left behind in its group ends with it.
/// command: not empty; environment: changes to ours
HookOutcome run_hook(const std::vector<std::string>& command, const Environment& environment,
                     const HookLimits& limits, const std::stop_token& stop);

} // namespace saoluu::service
