// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/record.hpp"
#include "service/store_facts.hpp"
#include "service/task.hpp"
#include "service/telling.hpp"
#include "service/work.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace saoluu::service {

/// What people must be told. Each says what is wrong and, by the same call, what is not (any more).

/// Of a run of a job that ended. is_last_try: nobody tries it again before its next time.
void tell_of_job(Telling& telling, const std::string& job, const Run& run, const WorkResult& result,
                 const TaskRecord& record, bool is_last_try);

/// Since when a job's newest snapshot is older than it may be: nothing while it is not, or while
/// nothing was due since, as in a long holiday.
std::optional<UnixTime> overdue_since(const Task& job, const TaskRecord& record, UnixTime now);
void tell_of_age(Telling& telling, const Task& job, const TaskRecord& record, UnixTime now);

/// Of a check of a store that ended, and what heal could do.
void tell_of_check(Telling& telling, const std::string& store, const Run& run,
                   const WorkResult& result, const StoreFacts& facts, std::uint64_t healed_packs,
                   bool is_last_try);

/// When a person with a key that reads should have checked the store again.
UnixTime full_check_due(const StoreFacts& facts, const TaskRecord& record,
                        std::chrono::seconds report_within);
void tell_of_full_check(Telling& telling, const std::string& store, const StoreFacts& facts,
                        UnixTime due, UnixTime now);

/// nearly_full_percent: free share under which it is; 0: it is not looked at
void tell_of_space(Telling& telling, const std::string& store, const StoreFacts& facts,
                   double nearly_full_percent, UnixTime now);

void tell_of_keys(Telling& telling, const std::string& store, const StoreFacts& facts,
                  std::chrono::seconds expires_within, UnixTime now);

} // namespace saoluu::service
