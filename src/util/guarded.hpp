// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <utility>

namespace saoluu::util {

/// A value that threads share; it is reachable only inside with(), under its lock.
/// Never call out, or wait, inside.
template <class T>
class Guarded {
public:
    template <class... Args>
    explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

    template <class Use>
    decltype(auto) with(Use&& use) {
        const std::lock_guard lock(mutex_);
        return std::forward<Use>(use)(value_);
    }

private:
    std::mutex mutex_;
    T value_;
};

} // namespace saoluu::util
