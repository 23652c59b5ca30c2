// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/rate_plan.hpp"
#include "store/store.hpp"
#include "store/waiting.hpp"

#include "saoluu/reach.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

namespace saoluu::store {

/// A token bucket: lets so many bytes a second pass, and of those that it saved up while nobody
/// came, at most 1/4 s or 64 KiB, whichever is less (20 ms' worth at high rates, so that a system
/// that wakes a sleeper late does not slow it down). Another rate holds within seconds of its time,
/// also for what waits already.
/// Threads: take() by many; they share the rate, first come, first served.
class RateLimit {
public:
    /// waiting: must outlive it
    explicit RateLimit(RatePlan plan, std::stop_token stop = {},
                       Waiting& waiting = system_waiting());

    /// There is a limit, at least at some times.
    [[nodiscard]] bool is_limited() const { return plan_.limits(); }
    /// What may be asked for at a time so that the flow stays even: up to 1/4 s or 64 KiB.
    [[nodiscard]] std::size_t even_piece() const;
    /// Now; 0: no limit.
    [[nodiscard]] std::uint64_t bytes_per_second() const { return plan_.now(); }

    /// Returns when so many bytes may have passed.
    /// errors: interrupted
    Result<void> take(std::uint64_t bytes);

private:
    Result<void> take_at(std::uint64_t bytes, std::uint64_t rate);

    RatePlan plan_;
    std::stop_token stop_;
    Waiting& waiting_;
    std::mutex mutex_;
    Waiting::Time paid_until_ = {}; ///< when all that was taken has passed at the even rate
};

/// A store whose uploads and downloads keep to a rate, in bytes of objects: what the protocol
/// around them takes comes on top.
///
/// Uploads are even however large the object is: a store behind a network reads its Source a piece
/// at a time, and here it has to wait for each. Downloads are read in steps of 1/2 s.
///
/// waiting, clock: must outlive it
std::unique_ptr<Store> make_throttled(std::unique_ptr<Store> base, const Reach& reach,
                                      Waiting& waiting = system_waiting(),
                                      const util::Clock& clock = util::system_clock());

} // namespace saoluu::store
