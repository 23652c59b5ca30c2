// SPDX-License-Identifier: Apache-2.0
#include "service/hooks.hpp"
#include "util/text.hpp"

#include "saoluu/hooks.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace saoluu {
namespace {
using service::HookKind;
using service::HookOutcome;
using util::message;
using util::tr;

const std::vector<std::string>& command_of(const HookConfig& hooks, HookMoment moment) {
    switch (moment) {
    case HookMoment::before:
        return hooks.before;
    case HookMoment::after:
        return hooks.after;
    case HookMoment::on_failure:
        break;
    }
    return hooks.on_failure;
}

HookKind kind_of(HookMoment moment) {
    switch (moment) {
    case HookMoment::before:
        return HookKind::before;
    case HookMoment::after:
        return HookKind::after;
    case HookMoment::on_failure:
        break;
    }
    return HookKind::on_failure;
}

} // namespace

Result<void> run_hook(const JobConfig& job, HookMoment moment, const RunFacts& facts,
                      const std::stop_token& stop) {
    const std::vector<std::string>& command = command_of(job.hooks, moment);
    if (command.empty())
        return {};
    const HookKind kind = kind_of(moment);
    service::HookFacts told{.hook = kind,
                            .job = job.name,
                            .stores = job.stores,
                            .outcome = {},
                            .snapshot = facts.snapshot,
                            .error = facts.error};
    if (moment != HookMoment::before)
        told.outcome = facts.suspect ? "suspect" : name_of(facts.outcome);
    const HookOutcome outcome = service::run_hook(command, service::environment_of(told),
                                                  {.timeout = job.hooks.timeout}, stop);
    if (outcome.is_success())
        return {};
    if (outcome.end == HookOutcome::End::stopped)
        return fail(ErrorKind::interrupted, tr("interrupted"));
    return fail(ErrorKind::failure,
                message(tr("job {}: its program for \"{}\" failed: {}"), job.name,
                        service::name_of(kind), service::describe(outcome)));
}

} // namespace saoluu
