// SPDX-License-Identifier: Apache-2.0
// What came of runs.
#include "service/busy.hpp"
#include "service/judgement.hpp"
#include "service/supervisor.hpp"
#include "util/text.hpp"

#include <cstdlib>
#include <utility>

namespace saoluu::service {
namespace {
using std::chrono::seconds;
using util::message;
using util::tr;
using util::trn;

constexpr seconds kUntilSecondTry = std::chrono::minutes(10);
constexpr seconds kUntilThirdTry = std::chrono::minutes(30);

/// Trying again changes nothing about these.
bool may_help(const WorkResult& result) {
    return !result.error ||
           (*result.error != ErrorKind::usage && *result.error != ErrorKind::wrong_key &&
            *result.error != ErrorKind::refused && *result.error != ErrorKind::no_repository);
}

} // namespace

void Supervisor::take_results(Now now) {
    std::vector<std::string> ended;
    for (auto& [key, busy] : busy_) {
        std::optional<WorkResult> result = std::exchange(busy->failed_to_start, std::nullopt);
        if (!result && busy->work)
            result = busy->work->poll();
        if (!result)
            continue;
        busy->work.reset();
        take_space(*result, now);
        if (busy->kind == Task::Kind::job)
            take_job(*busy, *result);
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

StoreFacts Supervisor::facts_of(const std::string& store, Now now) {
    return decode_store_facts(
        state_.record(Task::key_of(Task::Kind::check, store), now.unix_time()).facts);
}

void Supervisor::keep(const std::string& store, const StoreFacts& facts, Now now) {
    state_.change(Task::key_of(Task::Kind::check, store), now.unix_time()).facts = encode(facts);
}

void Supervisor::take_space(const WorkResult& result, Now now) {
    for (const auto& [store, space] : result.space) {
        StoreFacts facts = facts_of(store, now);
        facts.space = space;
        keep(store, facts, now);
    }
}

void Supervisor::take_job(Busy& busy, const WorkResult& result) {
    busy.result = result;
    busy.run.snapshot = result.snapshot;
    busy.run.files = result.files;
    busy.run.bytes = result.bytes;
    busy.run.stored_bytes = result.stored_bytes;
    busy.run.suspect = result.suspect;
}

void Supervisor::take_of_check(Busy& busy, const WorkResult& result, Now now) {
    const std::string store = busy.run.task.substr(busy.run.task.find(':') + 1);
    StoreFacts facts = facts_of(store, now);
    switch (busy.order) {
    case Order::Kind::check:
        busy.result = result;
        if (!did_its_work(result.outcome)) {
            busy.next.clear(); // the store is away: nothing more is to be had from it
            break;
        }
        if (result.outcome == RunOutcome::done || result.damaged) { // else it did not see all
            facts.damaged = result.damaged;
            facts.damaged_packs = result.damaged_packs;
        }
        if (result.outcome == RunOutcome::done || result.alarms > 0)
            facts.alarms = result.alarms;
        if (result.has_summary) { // else it could not be opened, and nothing else is known
            facts.last_check = now.unix_time();
            facts.seen_percent = result.seen_percent;
            facts.last_full_check = result.last_full_check;
            facts.last_full_check_by = result.last_full_check_by;
        }
        if (const auto heal = heal_of(store, result, facts, now))
            busy.next.push_front(*heal);
        if (facts.is_to_recall)
            busy.next.push_back({.kind = Order::Kind::recall, .name = store});
        break;
    case Order::Kind::heal:
        busy.healed_packs = result.healed_packs;
        telling_.log(result.outcome == RunOutcome::done ? Telling::Level::info
                                                        : Telling::Level::warning,
                     message(trn("{}: heal brought {} pack again: {}",
                                 "{}: heal brought {} packs again: {}", result.healed_packs),
                             busy.run.task, result.healed_packs,
                             result.message.empty() ? name_of(result.outcome) : result.message));
        break;
    case Order::Kind::keys:
        if (result.outcome == RunOutcome::done)
            facts.key_expires = result.key_expires;
        break;
    case Order::Kind::recall:
        if (result.outcome == RunOutcome::done) {
            facts.is_to_recall = false;
            learn(result.newest_snapshots, now);
        }
        break;
    case Order::Kind::job:
        break;
    }
    keep(store, facts, now);
}

/// What heal can do about it. Of a store with signs of tampering nothing is changed: they are for
/// people to look at. Packs are healed by name, and what else is damaged by a look at the whole
/// store, once a week.
std::optional<Order> Supervisor::heal_of(const std::string& store, const WorkResult& result,
                                         StoreFacts& facts, Now now) const {
    constexpr UnixTime kWholeAgain = 7L * 24 * 3600;
    if (!result.damaged || result.alarms > 0 || config_.stores.size() < 2)
        return {};
    Order order{.kind = Order::Kind::heal, .name = store, .packs = result.packs_to_heal};
    if (!order.packs.empty())
        return order;
    if (facts.healed_whole && std::abs(now.unix_time() - *facts.healed_whole) < kWholeAgain)
        return {};
    facts.healed_whole = now.unix_time();
    return order;
}

bool Supervisor::plan_another_try(const Task& task, const Run& run, Now now) {
    if (run.attempt >= kMostAttempts || is_stopping_)
        return false;
    const Moment at = now.wall + (run.attempt == 1 ? kUntilSecondTry : kUntilThirdTry);
    if (task.agenda) {
        const auto next = task.agenda->next(now.wall);
        if (next && *next <= at) { // that is the next try
            plans_[task.key()] = {
                .due = *next, .start_at = *next, .attempt = run.attempt + 1, .is_of_agenda = true};
            return true;
        }
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
    const TaskRecord& record = state_.record(key, now.unix_time());
    if (task != nullptr && task->agenda && run.outcome != RunOutcome::interrupted)
        skip(*task, *busy, now);
    state_.end(run);
    if (result.damaged || result.alarms > 0)
        telling_.log(Telling::Level::error,
                     message(result.alarms > 0 ? tr("{}: there are signs of tampering in the store")
                                               : tr("{}: damage was found in the store"),
                             key));
    const bool has_failed = run.outcome == RunOutcome::failed;
    telling_.log(has_failed || run.outcome == RunOutcome::incomplete ? Telling::Level::warning
                                                                     : Telling::Level::info,
                 message(tr("{}: ended after {} s: {}"), key, run.took.count(),
                         run.error.empty() ? name_of(run.outcome) : run.error));
    const bool is_tried_again =
        task != nullptr && has_failed && may_help(result) && plan_another_try(*task, run, now);
    if (task != nullptr && task->kind == Task::Kind::job)
        tell_of_job(telling_, task->name, run, result, record, !is_tried_again);
    else if (task != nullptr)
        tell_of_check(telling_, task->name, run, result, decode_store_facts(record.facts),
                      busy->healed_packs, !is_tried_again);
    judged_.reset();
    save();
}

} // namespace saoluu::service
