// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/record.hpp"
#include "service/store_facts.hpp"
#include "service/supervisor.hpp"
#include "service/work.hpp"

#include <chrono>
#include <deque>
#include <memory>
#include <optional>

namespace saoluu::service {

/// A task whose work goes on: one order after the other.
struct Supervisor::Busy {
    Task::Kind kind = Task::Kind::job;
    Run run;
    Order::Kind order = Order::Kind::job; ///< the one that is being done
    std::unique_ptr<Work> work;
    std::deque<Order> next; ///< to be done after it
    WorkResult result;      ///< of the order that counts for the run
    std::uint64_t healed_packs = 0;
    std::chrono::seconds began{0};             ///< by the steady clock
    std::optional<WorkResult> failed_to_start; ///< taken as its result
};

} // namespace saoluu::service
