// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace saoluu::service {

/// Tells systemd how the service is: its documented datagrams, sd_notify(3), spoken by ourselves:
/// libsystemd would bring four compression libraries and libgcrypt into a process that holds keys.
/// Where no systemd started this process, nothing is told.
class SystemdNotifier {
public:
    /// Takes NOTIFY_SOCKET and WATCHDOG_USEC of the environment.
    SystemdNotifier();

    /// state: lines as "READY=1"
    void tell(const std::string& state) const;

    void ready() const { tell("READY=1"); }
    void stopping() const { tell("STOPPING=1"); }
    void reloading() const;
    void alive() const { tell("WATCHDOG=1"); }
    /// One line for systemctl status.
    void status(const std::string& text);

    /// How often alive() must be said; nothing: never.
    [[nodiscard]] std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

private:
    std::string socket_;
    std::optional<std::chrono::microseconds> watchdog_;
    std::string status_;
};

/// Whether standard error goes to the journal, which understands "<4>" before a line.
bool is_journal();

} // namespace saoluu::service
