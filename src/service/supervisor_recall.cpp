// SPDX-License-Identifier: Apache-2.0
#include "service/supervisor.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::service {
namespace {
using std::chrono::seconds;
using util::message;
using util::printable;
using util::tr;
} // namespace

/// Records that are new may have been lost: the repositories know when which job ran last. A store
/// that doesn't tell now is asked at the next start, and after its next check.
void Supervisor::recall(Now now) {
    constexpr seconds kPatience = std::chrono::minutes(10);
    if (!state_.set_aside().empty()) {
        telling_.log(Telling::Level::error,
                     message(tr("the records of the service were damaged, and are made anew from "
                                "the repositories; what is left of them is in {}"),
                             printable(state_.set_aside())));
        telling_.event({.kind = NoticeKind::state_rebuilt, .at = now.unix_time()});
    }
    for (const StoreConfig& store : config_.stores) {
        StoreFacts facts = facts_of(store.name, now);
        if (state_.is_new()) {
            facts.is_to_recall = true;
            keep(store.name, facts, now);
        }
        if (!facts.is_to_recall)
            continue;
        if (auto work = works_.start({.kind = Order::Kind::recall, .name = store.name}))
            recalls_.push_back({.store = store.name, .work = std::move(*work)});
    }
    if (state_.is_new())
        state_.take_over(now.unix_time());
    recalls_until_ = now.steady + kPatience;
}

void Supervisor::take_recalled(Now now) {
    if (recalls_.empty())
        return;
    std::erase_if(recalls_, [&](const Recall& recall) {
        const std::optional<WorkResult> result = recall.work->poll();
        if (!result)
            return false;
        if (result->outcome != RunOutcome::done) {
            telling_.log(Telling::Level::warning,
                         message(tr("{}: could not be asked for the last backups: {}"),
                                 recall.store, result->message));
            return true;
        }
        for (const auto& [job, started] : result->newest_snapshots)
            recalled_[job] = std::max(recalled_[job], started);
        StoreFacts facts = facts_of(recall.store, now);
        facts.is_to_recall = false;
        keep(recall.store, facts, now);
        return true;
    });
    if (!recalls_.empty() && now.steady < recalls_until_)
        return;
    recalls_.clear(); // ended, where one hangs
    learn(std::exchange(recalled_, {}), now);
    recover(now);
    save();
}

/// Takes the newest snapshots for the last runs of jobs of which no run is known.
void Supervisor::learn(const std::map<std::string, UnixTime>& newest_snapshots, Now now) {
    for (const auto& [job, started] : newest_snapshots) {
        const std::string key = Task::key_of(Task::Kind::job, job);
        if (find(key) == nullptr || started > now.unix_time())
            continue;
        TaskRecord& record = state_.change(key, now.unix_time());
        if (record.last)
            continue; // it ran meanwhile
        record.last_success = started;
        record.handled = policy::Handled::from(Moment(seconds(started)));
    }
}

/// Ends, in the records, the runs that nobody goes on with. What a killed daemon had started, or a
/// person by hand, may take a while to be over.
std::vector<Run> Supervisor::end_abandoned(Now now) {
    std::vector<Run> abandoned;
    for (const auto& [id, run] : state_.running()) {
        const Task* const task = find(run.task);
        const bool is_held =
            task != nullptr && task->kind == Task::Kind::job && works_.is_running(task->name);
        if (!busy_.contains(run.task) && !is_held)
            abandoned.push_back(run);
    }
    // Whoever ran it may have written its end just before he let go of the lock.
    if (!abandoned.empty())
        (void)state_.refresh();
    std::erase_if(abandoned, [this](const Run& run) { return !state_.running().contains(run.id); });
    for (Run& run : abandoned) {
        run.ended = std::max(now.unix_time(), run.started);
        run.outcome = RunOutcome::interrupted;
        state_.end(run);
        telling_.log(Telling::Level::warning,
                     message(tr("{}: its last run did not come to an end"), run.task));
    }
    return abandoned;
}

} // namespace saoluu::service
