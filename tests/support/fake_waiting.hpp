// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/waiting.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

namespace saoluu::test {

/// Time that passes only where somebody waits, and at once.
class FakeWaiting final : public store::Waiting {
public:
    [[nodiscard]] Time now() const override { return Time(Duration(now_.load())); }
    [[nodiscard]] bool sleep(Duration duration, const std::stop_token& stop) override {
        if (on_sleep)
            on_sleep();
        if (stop.stop_requested())
            return false;
        pass(duration);
        const std::lock_guard lock(mutex_);
        sleeps_.push_back(duration);
        return true;
    }
    void pass(Duration duration) { now_ += duration.count(); }
    [[nodiscard]] std::vector<Duration> sleeps() const {
        const std::lock_guard lock(mutex_);
        return sleeps_;
    }

    std::function<void()> on_sleep; ///< called before each; set before any

private:
    std::atomic<Duration::rep> now_ = Duration(std::chrono::hours(1)).count();
    mutable std::mutex mutex_;
    std::vector<Duration> sleeps_;
};

} // namespace saoluu::test
