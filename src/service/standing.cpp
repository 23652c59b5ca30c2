// SPDX-License-Identifier: Apache-2.0
#include "service/standing.hpp"

#include "service/judgement.hpp"

#include <algorithm>
#include <optional>

namespace saoluu::service {
namespace {

UnixTime unix_time(Moment moment) {
    return moment.time_since_epoch().count();
}

std::optional<UnixTime> next_of(const Task& task, const Standing& standing, Moment now) {
    if (const auto planned = standing.planned.find(task.key()); planned != standing.planned.end())
        return unix_time(planned->second);
    if (!task.agenda)
        return {};
    const std::optional<Moment> next = task.agenda->next(now);
    if (!next)
        return {};
    return unix_time(*next);
}

JobStatus job_of(const Task& task, State& state, const Standing& standing, Moment now) {
    const std::string key = task.key();
    const TaskRecord& record = state.record(key, unix_time(now));
    JobStatus job;
    job.name = task.name;
    job.max_age = task.max_age;
    job.last_success = record.last_success;
    if (record.last) {
        job.last_run = record.last->id;
        job.last_start = record.last->started;
        job.last_end = record.last->ended;
        job.last_outcome = record.last->outcome;
        job.last_duration = record.last->took;
        job.suspect = record.last->suspect;
        job.files = record.last->files;
        job.bytes = record.last->bytes;
        job.stored_bytes = record.last->stored_bytes;
    }
    job.next = next_of(task, standing, now);
    job.overdue = overdue_since(task, record, unix_time(now)).has_value();
    job.running = standing.busy.contains(key);
    const TaskRecord& digest = state.record(Task::key_of(Task::Kind::digest, {}), unix_time(now));
    if (const auto sums = state.sums(key, digest.last_success.value_or(digest.known_since))) {
        job.runs = sums->runs;
        job.failures = sums->failures;
        job.runs_stored_bytes = sums->stored_bytes;
    }
    return job;
}

StoreStatus store_of(const Config& config, const Task& task, State& state, Moment now) {
    const TaskRecord& record = state.record(task.key(), unix_time(now));
    const StoreFacts facts = decode_store_facts(record.facts);
    StoreStatus store;
    store.name = task.name;
    if (facts.space) {
        store.free_bytes = facts.space->free_bytes;
        store.total_bytes = facts.space->total_bytes;
    }
    store.last_check = facts.last_check;
    store.seen_percent = facts.seen_percent;
    store.damaged_packs = facts.damaged_packs;
    store.last_full_check = facts.last_full_check;
    store.last_full_check_by = facts.last_full_check_by;
    store.full_check_due = full_check_due(facts, record, config.check.report_within);
    return store;
}

} // namespace

ServiceStatus status_of(const Config& config, const std::vector<Task>& tasks, State& state,
                        const Standing& standing, Moment now) {
    ServiceStatus status;
    status.version = SAOLUU_VERSION;
    status.now = unix_time(now);
    for (const Task& task : tasks) {
        if (task.kind == Task::Kind::job)
            status.jobs.push_back(job_of(task, state, standing, now));
        if (task.kind == Task::Kind::check)
            status.stores.push_back(store_of(config, task, state, now));
    }
    return status;
}

} // namespace saoluu::service
