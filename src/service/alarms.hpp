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
};

/// Which troubles there are. A trouble is told of when it begins, then once a day while it is
/// there, and once when it ends.
class Alarms {
public:
    explicit Alarms(std::vector<Alarm> open = {}) : open_(std::move(open)) {}

    enum class Tell { no, as_new, as_reminder };
    /// A trouble is there, or still is.
    Tell raise(NoticeKind kind, const std::string& about, UnixTime now);
    /// It is not there (any more). returns: what it was, if it was one
    std::optional<Alarm> clear(NoticeKind kind, const std::string& about);

    [[nodiscard]] const Alarm* find(NoticeKind kind, const std::string& about) const;
    [[nodiscard]] const std::vector<Alarm>& open() const { return open_; }

private:
    std::vector<Alarm> open_; ///< in the order of their beginning
};

} // namespace saoluu::service
