// SPDX-License-Identifier: Apache-2.0
#include "service/judgement.hpp"

#include <algorithm>

namespace saoluu::service {
namespace {
using std::chrono::seconds;

void tell(Telling& telling, bool is_so, const Notice& notice) {
    if (is_so)
        telling.trouble(notice);
    else
        telling.no_trouble(notice.kind, notice.about, notice.at);
}

} // namespace

void tell_of_job(Telling& telling, const std::string& job, const Run& run, const WorkResult& result,
                 const TaskRecord& record, bool is_last_try) {
    const UnixTime now = run.ended.value_or(run.started);
    const Notice common{.about = job, .at = now};
    const bool has_snapshot = did_its_work(run.outcome);
    if (run.outcome == RunOutcome::interrupted || (!has_snapshot && !is_last_try))
        return; // it is done again
    Notice failure = common;
    failure.kind = NoticeKind::failure;
    failure.error = result.error;
    failure.step = result.step;
    failure.last_success = record.last_success;
    tell(telling, !has_snapshot, failure);
    if (!has_snapshot)
        return; // nothing new is known of the rest

    Notice incomplete = common;
    incomplete.kind = NoticeKind::incomplete;
    incomplete.step = result.step;
    incomplete.unreadable = result.unreadable;
    incomplete.missing = result.missing;
    incomplete.late_stores = result.late_stores;
    tell(telling, run.outcome == RunOutcome::incomplete, incomplete);

    Notice suspect = common;
    suspect.kind = NoticeKind::suspect;
    suspect.loss = result.loss;
    tell(telling, run.suspect, suspect);
}

std::optional<UnixTime> overdue_since(const Task& job, const TaskRecord& record, UnixTime now) {
    if (job.max_age.count() == 0)
        return {};
    UnixTime newest = record.last_success.value_or(record.known_since);
    if (newest > now) // by a clock that was wrong: nobody knows when that was
        newest = std::min(record.known_since, now);
    UnixTime since = newest + job.max_age.count();
    if (job.agenda) {
        // A run takes its time, too.
        constexpr seconds kGrace = std::chrono::hours(1);
        // A schedule that is over awaits nothing, and the data gets old all the same.
        if (const auto due = job.agenda->next(Moment(seconds(newest))))
            since = std::max(
                since, UnixTime{(*due + std::min(kGrace, job.max_age)).time_since_epoch().count()});
    }
    if (since > now)
        return {};
    return since;
}

void tell_of_age(Telling& telling, const Task& job, const TaskRecord& record, UnixTime now) {
    const std::optional<UnixTime> since = overdue_since(job, record, now);
    Notice notice{.kind = NoticeKind::overdue, .about = job.name, .at = now};
    notice.since = since;
    notice.last_success = record.last_success;
    notice.max_age = job.max_age;
    tell(telling, since.has_value(), notice);
}

void tell_of_check(Telling& telling, const std::string& store, const Run& run,
                   const WorkResult& result, const StoreFacts& facts, std::uint64_t healed_packs,
                   bool is_last_try) {
    const Notice common{.about = store, .at = run.ended.value_or(run.started)};
    const bool has_looked = did_its_work(run.outcome);
    if (run.outcome == RunOutcome::interrupted || (!has_looked && !is_last_try))
        return; // it is done again
    Notice failed = common;
    failed.kind = NoticeKind::check_failed;
    failed.error = result.error;
    failed.last_success = facts.last_check;
    failed.unreadable = result.unreadable_packs;
    tell(telling, run.outcome != RunOutcome::done, failed);
    if (!has_looked)
        return; // nothing new is known of the rest

    Notice damage = common;
    damage.kind = NoticeKind::damage;
    damage.damaged_packs = facts.damaged_packs;
    damage.healed_packs = healed_packs;
    Notice tampering = common;
    tampering.kind = NoticeKind::tampering;
    tampering.alarms = facts.alarms;
    tell(telling, facts.damaged, damage);
    tell(telling, facts.alarms > 0, tampering);
}

UnixTime full_check_due(const StoreFacts& facts, const TaskRecord& record, seconds report_within) {
    return facts.last_full_check.value_or(record.known_since) + report_within.count();
}

void tell_of_full_check(Telling& telling, const std::string& store, const StoreFacts& facts,
                        UnixTime due, UnixTime now) {
    constexpr seconds kAhead = std::chrono::hours(7 * 24);
    Notice notice{.about = store, .at = now};
    notice.last_success = facts.last_full_check;
    notice.due = due;
    notice.kind = NoticeKind::check_overdue;
    tell(telling, now >= due, notice);
    notice.kind = NoticeKind::check_due;
    tell(telling, now >= due - kAhead.count() && now < due, notice);
}

void tell_of_space(Telling& telling, const std::string& store, const StoreFacts& facts,
                   double nearly_full_percent, UnixTime now) {
    if (!facts.space || facts.space->total_bytes == 0)
        return;
    Notice notice{.kind = NoticeKind::store_nearly_full, .about = store, .at = now};
    notice.free_bytes = facts.space->free_bytes;
    notice.total_bytes = facts.space->total_bytes;
    const double free_percent = 100.0 * static_cast<double>(facts.space->free_bytes) /
                                static_cast<double>(facts.space->total_bytes);
    tell(telling, free_percent < nearly_full_percent, notice);
}

void tell_of_keys(Telling& telling, const std::string& store, const StoreFacts& facts,
                  seconds expires_within, UnixTime now) {
    Notice notice{.kind = NoticeKind::key_expires, .about = store, .at = now};
    notice.due = facts.key_expires;
    tell(telling, facts.key_expires && *facts.key_expires - expires_within.count() <= now, notice);
}

} // namespace saoluu::service
