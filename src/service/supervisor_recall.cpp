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

/// Records that are new may have been lost: the repositories know when which job ran last.
void Supervisor::recall(const Config& config, Now now) {
    if (!state_.set_aside().empty()) {
        telling_.log(Telling::Level::error,
                     message(tr("the records of the service were damaged, and are made anew from "
                                "the repositories; what is left of them is in {}"),
                             printable(state_.set_aside())));
        telling_.event({.kind = NoticeKind::state_rebuilt, .at = now.unix_time()});
    }
    for (const StoreConfig& store : config.stores)
        if (Result<std::unique_ptr<Work>> work =
                works_.start({.kind = Order::Kind::recall, .name = store.name});
            work)
            recalls_.push_back(std::move(*work));
}

void Supervisor::take_recalled(Now now) {
    if (recalls_.empty())
        return;
    std::erase_if(recalls_, [&](const std::unique_ptr<Work>& work) {
        const std::optional<WorkResult> result = work->poll();
        if (result && result->outcome == RunOutcome::done)
            for (const auto& [job, started] : result->newest_snapshots)
                recalled_[job] = std::max(recalled_[job], started);
        return result.has_value();
    });
    if (!recalls_.empty())
        return;
    for (const auto& [job, started] : recalled_) {
        const std::string key = Task::key_of(Task::Kind::job, job);
        if (find(key) == nullptr || started > now.unix_time())
            continue;
        TaskRecord& record = state_.change(key, now.unix_time());
        if (record.last)
            continue; // it ran meanwhile, by hand
        record.last_success = started;
        record.handled = policy::Handled::from(Moment(seconds(started)));
    }
    recalled_.clear();
    recover(now);
    save();
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
