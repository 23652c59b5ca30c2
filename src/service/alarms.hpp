// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/service_status.hpp"

#include <optional>
#include <string>
#include <vector>

namespace saoluu::service {

/// A trouble that lasts, and when people were last told of it.
struct Alarm {
    NoticeKind kind = NoticeKind::failure;
    std::string about;
    UnixTime since = 0;
    UnixTime told = 0;
    std::optional<UnixTime> due = {}; ///< Notice::due; unknown from a restart until it is raised
};

/// Which troubles there are. A trouble is told of when it begins, then once a day while it is
/// there, and once when it ends. Of a key that expires, another one is a new trouble.
class Alarms {
public:
    explicit Alarms(std::vector<Alarm> open = {}) : open_(std::move(open)) {}

    enum class Tell { no, as_new, as_reminder };
    /// A trouble is there, or still is.
    Tell raise(NoticeKind kind, const std::string& about, UnixTime now,
               std::optional<UnixTime> due = {});
    /// It is not there (any more). returns: what it was, if it was one
    std::optional<Alarm> clear(NoticeKind kind, const std::string& about);

    /// Drops what is about other jobs and stores than these. returns: whether there was any
    bool only_of(const std::vector<std::string>& jobs, const std::vector<std::string>& stores);

    [[nodiscard]] const Alarm* find(NoticeKind kind, const std::string& about) const;
    [[nodiscard]] const std::vector<Alarm>& open() const { return open_; }

private:
    std::vector<Alarm> open_; ///< in the order of their beginning
};

} // namespace saoluu::service
