// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/notice.hpp"

#include <string>
#include <vector>

namespace saoluu::service {

/// Whom the supervisor turns to when people must know. How often they are told of a trouble that
/// lasts, and by which way, is not the supervisor's.
class Telling {
public:
    Telling() = default;
    Telling(const Telling&) = delete;
    Telling& operator=(const Telling&) = delete;
    virtual ~Telling() = default;
    /// A trouble is there; said again and again while it lasts.
    virtual void trouble(const Notice& notice) = 0;
    /// It is not there (any more).
    virtual void no_trouble(NoticeKind kind, const std::string& about, UnixTime now) = 0;
    /// These are all the jobs and stores there are: troubles of others are dropped, and not told as
    /// ended.
    virtual void only_of(const std::vector<std::string>& jobs,
                         const std::vector<std::string>& stores) = 0;
    /// Something that happens once.
    virtual void event(const Notice& notice) = 0;
    /// What went well and what did not, once a week.
    virtual void digest(const ServiceStatus& status) = 0;
    /// For the journal.
    enum class Level { error, warning, info };
    virtual void log(Level level, const std::string& line) = 0;
};

} // namespace saoluu::service
