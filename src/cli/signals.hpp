// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>
#include <thread>

namespace saoluu::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into a request to stop while it lives; the second of them ends
/// the program at once with the terminal as it was. Signals that the caller had ignored (nohup, a
/// shell's background job) stay ignored. There is one.
class StopSignals {
public:
    StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;
    ~StopSignals();

    [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

private:
    void watch();

    std::stop_source source_;
    std::jthread watcher_;
};

} // namespace saoluu::cli
