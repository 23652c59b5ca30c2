// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/notifier.hpp"
#include "service/state.hpp"
#include "service/telling.hpp"

#include "saoluu/config.hpp"
#include "saoluu/service_status.hpp"

#include <optional>
#include <string>
#include <vector>

#include <poll.h>

namespace saoluu::service {

/// Tells people what the supervisor finds: by the channels of [notify], by the files that
/// monitoring reads, and in the journal.
class Herald final : public Telling {
public:
    /// state: must outlive it
    explicit Herald(State& state);
    /// Gives what is on its way a moment to arrive.
    ~Herald() override;

    /// By another config from now on.
    /// errors: usage (its time zone)
    Result<void> configure(const Config& config);
    /// Sends what is due, and puts the status where it is to be. Never waits.
    void tick(ServiceStatus status);
    void waits_for(std::vector<pollfd>& fds) const;

    void trouble(const Notice& notice) override;
    void no_trouble(NoticeKind kind, const std::string& about, UnixTime now) override;
    void only_of(const std::vector<std::string>& jobs,
                 const std::vector<std::string>& stores) override;
    void event(const Notice& notice) override;
    void digest(const ServiceStatus& status) override;
    void log(Level level, const std::string& line) override;

private:
    void publish(const ServiceStatus& status);
    void publish_to(const std::string& path, const std::string& text, bool& could_not);

    Notifier notifier_;
    NotifyConfig config_;
    UnixTime started_;
    std::optional<UnixTime> published_;
    std::string happenings_; ///< that were published
    bool could_not_publish_ = false, could_not_publish_metrics_ = false;
};

} // namespace saoluu::service
