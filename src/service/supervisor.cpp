// SPDX-License-Identifier: Apache-2.0
#include "service/supervisor.hpp"

#include "service/busy.hpp"
#include "service/standing.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::service {
namespace {
using std::chrono::seconds;
using util::message;
using util::printable;
using util::tr;

/// A run that begins later than this was missed: the machine was off, or asleep.
constexpr seconds kPunctual{120};
/// How much work goes on at once: each job may take 60 to 140 MiB.
constexpr std::ptrdiff_t kMostJobs = 2;
constexpr std::ptrdiff_t kMostChecks = 1;
constexpr seconds kLongestNap{60};
/// More than a plan may lie ahead, but for its random delay.
constexpr seconds kFarthestPlan = std::chrono::minutes(30);

} // namespace

Supervisor::Supervisor(State& state, Works& works, Telling& telling, Random random)
    : state_(state), works_(works), telling_(telling), random_(std::move(random)) {}

Supervisor::~Supervisor() = default;

Result<void> Supervisor::configure(const Config& config, Now now) {
    std::vector<Task> tasks = TRY(tasks_of(config));
    tasks_ = std::move(tasks);
    config_ = config;
    std::erase_if(plans_, [&](const auto& plan) { return find(plan.first) == nullptr; });
    if (!is_configured_)
        recall(now);
    for (const Task& task : tasks_) {
        state_.record(task.key(), now.unix_time());
        if (task.agenda && !task.agenda->next(now.wall))
            telling_.log(Telling::Level::warning,
                         message(tr("{}: its schedule is over: it never comes again"), task.key()));
    }
    if (!is_configured_ && recalls_.empty())
        recover(now);
    is_configured_ = true;
    judged_.reset();
    tell_what_there_is();
    save();
    return {};
}

void Supervisor::tell_what_there_is() {
    std::vector<std::string> jobs, stores;
    for (const JobConfig& job : config_.jobs)
        jobs.push_back(job.name);
    for (const StoreConfig& store : config_.stores)
        stores.push_back(store.name);
    telling_.only_of(jobs, stores);
}

const Task* Supervisor::find(const std::string& key) const {
    const auto found =
        std::ranges::find_if(tasks_, [&](const Task& task) { return task.key() == key; });
    return found == tasks_.end() ? nullptr : &*found;
}

void Supervisor::save() {
    const Result<void> saved = state_.save();
    if (!saved && !could_not_save_)
        telling_.log(Telling::Level::error,
                     message(tr("the records of the service can't be written, and stay in memory "
                                "until they can: {}"),
                             saved.error().message()));
    if (saved && could_not_save_)
        telling_.log(Telling::Level::info, tr("the records of the service are written again"));
    could_not_save_ = !saved;
}

void Supervisor::plan_missed(const Task& task, Moment due, unsigned attempt, Now now) {
    const seconds delay(random_(task.random_delay.count()));
    plans_[task.key()] = {.due = due, .start_at = now.wall + delay, .attempt = attempt};
}

/// What the daemon before this one left to be tried again. Runs that never ended are seen to by
/// tick().
void Supervisor::recover(Now now) {
    for (const Task& task : tasks_) {
        const std::optional<Run>& last = state_.record(task.key(), now.unix_time()).last;
        if (!last)
            continue;
        const Moment due{seconds(last->due)};
        if (last->outcome == RunOutcome::interrupted)
            plan_missed(task, due, 1, now);
        else if (last->outcome == RunOutcome::failed && last->attempt < kMostAttempts)
            plan_missed(task, due, last->attempt + 1, now);
    }
}

void Supervisor::plan(const Task& task, Now now) {
    const std::string key = task.key();
    if (!task.agenda)
        return;
    if (const auto busy = busy_.find(key); busy != busy_.end()) {
        skip(task, *busy->second, now);
        return;
    }
    policy::Handled handled = state_.record(key, now.unix_time()).handled;
    const policy::Handled before = handled;
    auto planned = plans_.find(key);
    if (planned != plans_.end() && planned->second.is_of_agenda &&
        planned->second.due <= handled.last) { // somebody ran it by hand meanwhile
        plans_.erase(planned);
        planned = plans_.end();
    }
    if (planned != plans_.end() && planned->second.start_at > now.wall + kFarthestPlan &&
        planned->second.start_at > now.wall + task.random_delay)
        planned->second.start_at = now.wall; // the clock was set back
    const std::optional<Moment> due = policy::due(*task.agenda, handled, now.wall);
    if (handled.last != before.last)
        state_.change(key, now.unix_time()).handled = handled;
    if (!due || (planned != plans_.end() && planned->second.due >= *due))
        return;
    if (now.wall - *due > kPunctual)
        plan_missed(task, *due, 1, now);
    else
        plans_[key] = {.due = *due, .start_at = now.wall};
    plans_[key].is_of_agenda = true;
}

/// Says that a time came while the task still runs.
void Supervisor::skip(const Task& task, Busy& busy, Now now) {
    TaskRecord& record = state_.change(task.key(), now.unix_time());
    if (!policy::skip(*task.agenda, record.handled, now.wall))
        return;
    ++busy.run.skipped;
    telling_.log(Telling::Level::warning,
                 message(tr("{}: it runs past its next time, which is skipped"), task.key()));
}

void Supervisor::begin_planned(Now now) {
    for (const Task& task : tasks_) {
        const auto planned = plans_.find(task.key());
        if (planned == plans_.end() || planned->second.start_at > now.wall ||
            busy_.contains(task.key()))
            continue;
        const auto busy = std::ranges::count_if(
            busy_, [&](const auto& one) { return one.second->kind == task.kind; });
        if (busy >= (task.kind == Task::Kind::job ? kMostJobs : kMostChecks))
            continue; // as soon as one ends
        if (task.kind == Task::Kind::job && works_.is_running(task.name))
            continue; // somebody runs it by hand
        const Plan plan = planned->second;
        plans_.erase(planned);
        begin(task, plan, now);
    }
}

void Supervisor::begin(const Task& task, const Plan& plan, Now now) {
    const std::string key = task.key();
    TaskRecord& record = state_.change(key, now.unix_time());
    // An hour that was asked for is not one of the agenda, and still no later one was missed.
    policy::handle(record.handled, plan.due);
    auto busy = std::make_unique<Busy>();
    busy->kind = task.kind;
    busy->began = now.steady;
    busy->run = {.id = new_run_id(),
                 .task = key,
                 .due = plan.due.time_since_epoch().count(),
                 .started = now.unix_time(),
                 .attempt = plan.attempt};
    if (task.kind == Task::Kind::digest) {
        telling_.digest(status(now));
        busy->run.ended = now.unix_time();
        busy->run.outcome = RunOutcome::done;
        state_.end(busy->run);
        save();
        return;
    }
    state_.begin(busy->run);
    save(); // before the work: a power cut must not make it be forgotten, or done twice
    telling_.log(Telling::Level::info, message(tr("{}: begins"), key));
    if (task.kind == Task::Kind::check)
        busy->next.push_back({.kind = Order::Kind::keys, .name = task.name});
    start(*busy, {.kind = task.kind == Task::Kind::job ? Order::Kind::job : Order::Kind::check,
                  .name = task.name});
    busy_[key] = std::move(busy);
}

void Supervisor::start(Busy& busy, const Order& order) {
    busy.order = order.kind;
    Result<std::unique_ptr<Work>> work = works_.start(order);
    if (work) {
        busy.work = std::move(*work);
        return;
    }
    busy.work.reset();
    busy.failed_to_start =
        WorkResult{.error = work.error().kind(), .message = work.error().message()};
}

void Supervisor::tick(Now now) {
    look_at_clock(now);
    if (const Result<void> read = state_.refresh(); !read && !could_not_save_)
        telling_.log(Telling::Level::warning, read.error().message());
    for (const Task& task : tasks_)
        state_.record(task.key(), now.unix_time()); // whatever another process did to the file
    take_recalled(now);
    take_results(now);
    if (!is_stopping_ && recalls_.empty()) {
        for (const Run& run : end_abandoned(now))
            if (const Task* const task = find(run.task))
                plan_missed(*task, Moment(seconds(run.due)), 1, now);
        for (const Task& task : tasks_)
            plan(task, now);
        begin_planned(now);
        tell_of_standing(now);
    }
    save();
}

Moment Supervisor::next_tick(Now now) const {
    Moment next = now.wall + kLongestNap;
    for (const auto& [key, plan] : plans_)
        if (plan.start_at > now.wall)
            next = std::min(next, plan.start_at);
    for (const Task& task : tasks_)
        if (task.agenda)
            if (const auto due = task.agenda->next(now.wall))
                next = std::min(next, *due);
    return next;
}

Result<void> Supervisor::ask_for(const std::string& job, Now now) {
    const std::string key = Task::key_of(Task::Kind::job, job);
    if (find(key) == nullptr)
        return fail(ErrorKind::usage,
                    message(tr("{}: the daemon knows no such job: was the config file changed "
                               "since? systemctl reload saoluu makes it read it again"),
                            printable(job)));
    if (busy_.contains(key) || works_.is_running(job))
        return fail(ErrorKind::exists, message(tr("{}: it is running already"), printable(job)));
    plans_[key] = {.due = now.wall, .start_at = now.wall};
    return {};
}

ServiceStatus Supervisor::status(Now now) {
    Standing standing;
    for (const auto& [key, plan] : plans_)
        standing.planned[key] = std::max(plan.start_at, now.wall);
    for (const auto& [key, busy] : busy_)
        standing.busy.insert(key);
    for (const auto& [id, run] : state_.running())
        standing.busy.insert(run.task); // by hand
    return status_of(config_, tasks_, state_, standing, now.wall);
}

void Supervisor::stop() {
    is_stopping_ = true;
    for (auto& [key, busy] : busy_) {
        busy->next.clear();
        if (busy->work)
            busy->work->stop();
    }
    for (const Recall& recall : recalls_)
        recall.work->stop();
}

void Supervisor::waits_for(std::vector<pollfd>& fds) const {
    for (const auto& [key, busy] : busy_)
        if (busy->work)
            busy->work->waits_for(fds);
    for (const Recall& recall : recalls_)
        recall.work->waits_for(fds);
}

} // namespace saoluu::service
