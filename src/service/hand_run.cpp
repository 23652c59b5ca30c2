// SPDX-License-Identifier: Apache-2.0
#include "service/job_lock.hpp"
#include "service/state.hpp"
#include "service/task.hpp"
#include "util/clock.hpp"

#include "saoluu/daemon.hpp"

#include <chrono>
#include <utility>

namespace saoluu {
namespace {
using service::State;
using service::Task;

UnixTime wall_now() {
    return util::system_clock().now();
}

} // namespace

struct JobGuard::Impl {
    service::JobLock lock;
};

JobGuard::JobGuard(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JobGuard::JobGuard(JobGuard&&) noexcept = default;
JobGuard& JobGuard::operator=(JobGuard&&) noexcept = default;
JobGuard::~JobGuard() = default;

Result<JobGuard> JobGuard::take(const std::string& job, const std::string& state_folder) {
    return JobGuard(std::make_unique<Impl>(Impl{TRY(service::JobLock::take(state_folder, job))}));
}

struct RecordedRun::Impl {
    std::string folder;
    service::Run run;
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    std::optional<Error> error;

    /// Opened for each of the two changes: a daemon may be started meanwhile, and writes too.
    void write() {
        Result<State> state = State::open(folder, wall_now(), State::Damaged::refuse);
        if (!state) {
            error = std::move(state).error();
            return;
        }
        if (run.ended) {
            state->end(run);
            // With a snapshot, what was due until now need not be made up for.
            if (did_its_work(run.outcome))
                policy::handle(state->change(run.task, *run.ended).handled,
                               service::Moment(std::chrono::seconds(*run.ended)));
        } else {
            (void)state->record(run.task, run.started);
            state->begin(run);
        }
        if (Result<void> saved = state->save(); !saved)
            error = std::move(saved).error();
    }
};

RecordedRun::RecordedRun(const std::string& job, const std::string& state_folder)
    : impl_(std::make_unique<Impl>()) {
    impl_->folder = state_folder;
    impl_->run = {.id = service::new_run_id(),
                  .task = Task::key_of(Task::Kind::job, job),
                  .due = wall_now(),
                  .started = wall_now(),
                  .ended = {},
                  .snapshot = {},
                  .error = {}};
    impl_->write();
}

RecordedRun::RecordedRun(RecordedRun&&) noexcept = default;
RecordedRun& RecordedRun::operator=(RecordedRun&&) noexcept = default;
RecordedRun::~RecordedRun() = default;

void RecordedRun::end(const RunFacts& facts) {
    service::Run& run = impl_->run;
    run.ended = wall_now();
    run.took = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() -
                                                                impl_->began);
    run.outcome = facts.outcome;
    run.snapshot = facts.snapshot;
    run.error = facts.error;
    run.files = facts.files;
    run.bytes = facts.bytes;
    run.stored_bytes = facts.stored_bytes;
    run.suspect = facts.suspect;
    impl_->write();
}

const std::optional<Error>& RecordedRun::error() const {
    return impl_->error;
}

} // namespace saoluu
