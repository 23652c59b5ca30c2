// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/clock.hpp"

#include "saoluu/reach.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace saoluu::store {

/// Whether a clock on the wall, in seconds since 1970 as it counts them, shows a time of the
/// window.
bool is_within(const LimitWindow& window, std::int64_t wall);

/// How many bytes a second may pass one way of a store, at which time.
/// Threads: all functions by many.
class RatePlan {
public:
    enum class Way { up, down };

    /// The same at all times; 0: no limit.
    explicit RatePlan(std::uint64_t bytes_per_second) : usual_(bytes_per_second) {}
    /// clock: must outlive it
    RatePlan(const Reach& reach, Way way, const util::Clock& clock = util::system_clock());

    /// Bytes a second; 0: no limit.
    [[nodiscard]] std::uint64_t now() const;
    [[nodiscard]] bool varies() const { return !windows_.empty(); }
    /// There is a limit, at least at some times.
    [[nodiscard]] bool limits() const { return usual_ != 0 || varies(); }

private:
    struct Window {
        LimitWindow when;
        std::uint64_t rate;
    };
    std::uint64_t usual_;
    std::vector<Window> windows_;
    std::function<std::int64_t(std::int64_t)> wall_clock_;
    const util::Clock* clock_ = nullptr;
};

} // namespace saoluu::store
