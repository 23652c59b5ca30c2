// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stop_token>

namespace saoluu::store {

/// Time as it passes for those who wait for a store; tests have one of their own, which nobody
/// waits for. Threads: all functions by many.
class Waiting {
public:
    using Time = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;

    virtual ~Waiting() = default;
    [[nodiscard]] virtual Time now() const = 0;
    /// Returns after that while, or false as soon as `stop` asks for it.
    [[nodiscard]] virtual bool sleep(Duration duration, const std::stop_token& stop) = 0;
};

/// The system's monotonic clock.
Waiting& system_waiting();

} // namespace saoluu::store
