// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/events.hpp"

#include <mutex>

namespace saoluu::engine {

/// Passes events on one at a time, whichever thread they come from.
class LockedEvents final : public Events {
public:
    explicit LockedEvents(Events& to) : to_(to) {}
    void progress(const Progress& progress) override {
        const std::lock_guard lock(mutex_);
        to_.progress(progress);
    }
    void finding(const Finding& finding) override {
        const std::lock_guard lock(mutex_);
        to_.finding(finding);
    }
    /// Calls something else that must not come while an event is told.
    template <class Call>
    void apart(const Call& call) {
        const std::lock_guard lock(mutex_);
        call();
    }

private:
    std::mutex mutex_;
    Events& to_;
};

} // namespace saoluu::engine
