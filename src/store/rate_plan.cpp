// SPDX-License-Identifier: Apache-2.0
#include "store/rate_plan.hpp"

#include <algorithm>
#include <ctime>

namespace saoluu::store {
namespace {

constexpr std::int64_t kSecondsOfDay = 24L * 3600;

std::int64_t local_clock(std::int64_t moment) {
    const auto time = static_cast<std::time_t>(moment);
    std::tm local{};
    return ::localtime_r(&time, &local) == nullptr ? moment : moment + local.tm_gmtoff;
}

} // namespace

bool is_within(const LimitWindow& window, std::int64_t wall) {
    const std::int64_t second = (wall % kSecondsOfDay + kSecondsOfDay) % kSecondsOfDay;
    const std::int64_t day = (wall - second) / kSecondsOfDay;
    const auto is_on = [&window](std::int64_t number) { // 1970 began on a Thursday
        return (window.days >> ((number % 7 + 7 + 3) % 7) & 1) != 0;
    };
    const std::int64_t begin = std::chrono::seconds(window.begin).count();
    const std::int64_t end = std::chrono::seconds(window.end).count();
    if (begin < end)
        return is_on(day) && begin <= second && second < end;
    return (is_on(day) && begin <= second) || (is_on(day - 1) && second < end);
}

RatePlan::RatePlan(const Reach& reach, Way way, const util::Clock& clock)
    : usual_(way == Way::up ? reach.upload_limit : reach.download_limit),
      wall_clock_(reach.wall_clock ? reach.wall_clock : local_clock), clock_(&clock) {
    for (const LimitWindow& window : reach.windows)
        windows_.push_back(
            {window,
             (way == Way::up ? window.upload_limit : window.download_limit).value_or(usual_)});
    // Where no window has another rate, none is asked for the time.
    if (std::ranges::all_of(windows_, [&](const Window& window) { return window.rate == usual_; }))
        windows_.clear();
}

std::uint64_t RatePlan::now() const {
    if (windows_.empty())
        return usual_;
    const std::int64_t wall = wall_clock_(clock_->now());
    const auto found = std::ranges::find_if(
        windows_, [&](const Window& window) { return is_within(window.when, wall); });
    return found == windows_.end() ? usual_ : found->rate;
}

} // namespace saoluu::store
