// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service_case.hpp"

#include <algorithm>
#include <chrono>

namespace saoluu::test {
using namespace std::chrono_literals;
using service::Moment;
using service::Order;
using service::TaskRecord;
using service::WorkResult;

/// In Viet Nam, 7 hours ahead of UTC.
inline Moment at(int month, int day, int hour, int minute) {
    return std::chrono::sys_days(2026y / month / day) + std::chrono::hours(hour - 7) +
           std::chrono::minutes(minute);
}

constexpr int kNov = 11; // the 30th of November 2026 is a Monday

/// A daemon that has been there for a while: a store's records are not asked for.
struct Office : Machine {
    explicit Office(Moment now) : Machine(now) {
        works.at_once = [](const Order& order) -> std::optional<WorkResult> {
            if (order.kind == Order::Kind::job)
                return {};
            return WorkResult{.outcome = RunOutcome::done};
        };
        boot(office_config());
        supervisor->tick(this->now());
    }
    std::size_t jobs_started() const {
        return static_cast<std::size_t>(std::ranges::count_if(
            works.started, [](const Order& o) { return o.kind == Order::Kind::job; }));
    }
    const TaskRecord& record() { return state->record("job:vanphong", unix_now()); }
};

} // namespace saoluu::test
