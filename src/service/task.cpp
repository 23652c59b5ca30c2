// SPDX-License-Identifier: Apache-2.0
#include "service/task.hpp"

#include <utility>

namespace saoluu::service {
namespace {
using policy::Agenda;

Result<std::optional<Agenda>> agenda_of(const Config& config, const JobConfig& job) {
    if (job.schedule.empty())
        return std::optional<Agenda>();
    Agenda agenda = TRY(Agenda::of(job.schedule, config.time_zone));
    if (!job.working_days_only)
        return std::optional(std::move(agenda));
    return std::optional(agenda.with(config.working_days.holidays, config.working_days.working));
}

} // namespace

std::string Task::key_of(Kind kind, const std::string& name) {
    switch (kind) {
    case Kind::job:
        return "job:" + name;
    case Kind::check:
        return "check:" + name;
    case Kind::digest:
        break;
    }
    return "digest";
}

Result<std::vector<Task>> tasks_of(const Config& config) {
    constexpr std::chrono::minutes kCheckDelay{30}; // several machines may share a store
    std::vector<Task> all;
    for (const JobConfig& job : config.jobs)
        all.push_back({.kind = Task::Kind::job,
                       .name = job.name,
                       .agenda = TRY(agenda_of(config, job)),
                       .random_delay = job.random_delay,
                       .max_age = job.max_age});
    for (const StoreConfig& store : config.stores)
        all.push_back({.kind = Task::Kind::check,
                       .name = store.name,
                       .agenda = TRY(Agenda::of(config.check.schedule, config.time_zone)),
                       .random_delay = kCheckDelay});
    if (!config.notify.digest.empty())
        all.push_back({.kind = Task::Kind::digest,
                       .name = {},
                       .agenda = TRY(Agenda::of(config.notify.digest, config.time_zone))});
    return all;
}

} // namespace saoluu::service
