// SPDX-License-Identifier: Apache-2.0
#include "service/supervisor.hpp"

#include "service/busy.hpp"
#include "service/judgement.hpp"
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
constexpr unsigned kMostAttempts = 3;
constexpr seconds kUntilSecondTry = std::chrono::minutes(10);
constexpr seconds kUntilThirdTry = std::chrono::minutes(30);

/// Trying again changes nothing about these.
bool may_help(const WorkResult& result) {
    return !result.error ||
           (*result.error != ErrorKind::usage && *result.error != ErrorKind::wrong_key &&
            *result.error != ErrorKind::refused && *result.error != ErrorKind::no_repository);
}

} // namespace

Supervisor::Supervisor(State& state, Works& works, Telling& telling, Random random)
    : state_(state), works_(works), telling_(telling), random_(std::move(random)) {}

Supervisor::~Supervisor() = default;

Result<void> Supervisor::configure(const Config& config, Now now) {
    std::vector<Task> tasks = TRY(tasks_of(config));
    tasks_ = std::move(tasks);
    config_ = config;
    std::erase_if(plans_, [&](const auto& plan) { return find(plan.first) == nullptr; });
    if (!is_configured_ && state_.is_new())
        recall(config, now);
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
    save();
    return {};
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

/// What the machine's last fall left: runs that began and never ended, or may be tried again.
void Supervisor::recover(Now now) {
    (void)end_abandoned(now);
    for (const Task& task : tasks_) {
        const std::optional<Run>& last = state_.record(task.key(), now.unix_time()).last;
        if (!last)
            continue;
        const Moment due{seconds(last->due)};
        if (last->outcome == RunOutcome::interrupted)
            plan_missed(task, due, 1, now);
        else if (last->outcome == RunOutcome::failed && task.kind == Task::Kind::job &&
                 last->attempt < kMostAttempts)
            plan_missed(task, due, last->attempt + 1, now);
    }
}

void Supervisor::plan(const Task& task, Now now) {
    const std::string key = task.key();
    if (!task.agenda || busy_.contains(key))
        return;
    policy::Handled handled = state_.record(key, now.unix_time()).handled;
    const policy::Handled before = handled;
    auto planned = plans_.find(key);
    if (planned != plans_.end() && planned->second.is_of_agenda &&
        planned->second.due <= handled.last) { // somebody ran it by hand meanwhile
        plans_.erase(planned);
        planned = plans_.end();
    }
    if (planned != plans_.end() && planned->second.start_at > now.wall + kUntilThirdTry &&
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

void Supervisor::take_results(Now now) {
    std::vector<std::string> ended;
    for (auto& [key, busy] : busy_) {
        std::optional<WorkResult> result = std::exchange(busy->failed_to_start, std::nullopt);
        if (!result && busy->work)
            result = busy->work->poll();
        if (!result)
            continue;
        busy->work.reset();
        if (busy->kind == Task::Kind::job)
            take_job(*busy, *result, now);
        else
            take_of_check(*busy, *result, now);
        if (busy->next.empty() || is_stopping_) {
            ended.push_back(key);
            continue;
        }
        const Order order = busy->next.front();
        busy->next.pop_front();
        start(*busy, order);
    }
    for (const std::string& key : ended)
        finish(key, now);
}

void Supervisor::take_job(Busy& busy, const WorkResult& result, Now now) {
    busy.result = result;
    busy.run.snapshot = result.snapshot;
    busy.run.files = result.files;
    busy.run.bytes = result.bytes;
    busy.run.stored_bytes = result.stored_bytes;
    busy.run.suspect = result.suspect;
    for (const auto& [store, space] : result.space) {
        TaskRecord& record = state_.change(Task::key_of(Task::Kind::check, store), now.unix_time());
        StoreFacts facts = decode_store_facts(record.facts);
        facts.space = space;
        record.facts = encode(facts);
    }
}

void Supervisor::take_of_check(Busy& busy, const WorkResult& result, Now now) {
    const std::string store = busy.run.task.substr(busy.run.task.find(':') + 1);
    TaskRecord& record = state_.change(busy.run.task, now.unix_time());
    StoreFacts facts = decode_store_facts(record.facts);
    if (const auto space = result.space.find(store); space != result.space.end())
        facts.space = space->second;
    switch (busy.order) {
    case Order::Kind::check:
        busy.result = result;
        if (result.outcome != RunOutcome::done && result.outcome != RunOutcome::incomplete) {
            busy.next.clear(); // the store is away: nothing more is to be had from it
            break;
        }
        facts.last_check = now.unix_time();
        facts.seen_percent = result.seen_percent;
        facts.damaged = result.damaged;
        facts.damaged_packs = result.damaged_packs;
        facts.last_full_check = result.last_full_check;
        facts.last_full_check_by = result.last_full_check_by;
        if (result.damaged && config_.stores.size() > 1)
            busy.next.push_front({.kind = Order::Kind::heal, .name = store});
        break;
    case Order::Kind::heal:
        busy.healed_packs = result.healed_packs;
        break;
    case Order::Kind::keys:
        if (result.outcome == RunOutcome::done)
            facts.key_expires = result.key_expires;
        break;
    case Order::Kind::job:
    case Order::Kind::recall:
        break;
    }
    record.facts = encode(facts);
}

bool Supervisor::plan_another_try(const Task& task, const Run& run, Now now) {
    if (run.attempt >= kMostAttempts || is_stopping_)
        return false;
    const Moment at = now.wall + (run.attempt == 1 ? kUntilSecondTry : kUntilThirdTry);
    if (task.agenda) {
        const auto next = task.agenda->next(now.wall);
        if (next && *next <= at)
            return true; // that is the next try
    }
    plans_[task.key()] = {
        .due = Moment(seconds(run.due)), .start_at = at, .attempt = run.attempt + 1};
    return true;
}

void Supervisor::finish(const std::string& key, Now now) {
    const std::unique_ptr<Busy> busy = std::move(busy_.at(key));
    busy_.erase(key);
    Run& run = busy->run;
    const WorkResult& result = busy->result;
    run.ended = now.unix_time();
    run.took = now.steady - busy->began;
    run.outcome = result.outcome;
    run.error = result.message;
    const Task* const task = find(key);
    TaskRecord& record = state_.change(key, now.unix_time());
    if (task != nullptr && task->agenda && run.outcome != RunOutcome::interrupted)
        if (const auto missed = policy::skip(*task->agenda, record.handled, now.wall)) {
            run.skipped = 1;
            telling_.log(Telling::Level::warning,
                         message(tr("{}: it lasted past its next time, which is skipped"), key));
        }
    state_.end(run);
    const bool has_failed = run.outcome == RunOutcome::failed;
    telling_.log(has_failed || run.outcome == RunOutcome::incomplete ? Telling::Level::warning
                                                                     : Telling::Level::info,
                 message(tr("{}: ended after {} s: {}"), key, run.took.count(),
                         run.error.empty() ? name_of(run.outcome) : run.error));
    if (task != nullptr && task->kind == Task::Kind::job) {
        const bool is_tried_again =
            has_failed && may_help(result) && plan_another_try(*task, run, now);
        tell_of_job(telling_, task->name, run, result, record, !is_tried_again);
    } else if (task != nullptr && !has_failed && run.outcome != RunOutcome::interrupted) {
        tell_of_check(telling_, task->name, decode_store_facts(record.facts), busy->healed_packs,
                      now.unix_time());
    }
    judged_.reset();
    save();
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
    for (const std::unique_ptr<Work>& work : recalls_)
        work->stop();
}

void Supervisor::waits_for(std::vector<pollfd>& fds) const {
    for (const auto& [key, busy] : busy_)
        if (busy->work)
            busy->work->waits_for(fds);
    for (const std::unique_ptr<Work>& work : recalls_)
        work->waits_for(fds);
}

} // namespace saoluu::service
