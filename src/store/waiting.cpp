// SPDX-License-Identifier: Apache-2.0
#include "store/waiting.hpp"

#include <condition_variable>
#include <mutex>

namespace saoluu::store {
namespace {

class SystemWaiting final : public Waiting {
public:
    [[nodiscard]] Time now() const override { return std::chrono::steady_clock::now(); }

    [[nodiscard]] bool sleep(Duration duration, const std::stop_token& stop) override {
        std::mutex mutex;
        std::condition_variable_any woken;
        std::unique_lock lock(mutex);
        woken.wait_for(lock, stop, duration, [] { return false; });
        return !stop.stop_requested();
    }
};

} // namespace

Waiting& system_waiting() {
    static SystemWaiting waiting;
    return waiting;
}

} // namespace saoluu::store
