// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/agenda.hpp"

#include "saoluu/config.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace saoluu::service {

using Moment = policy::Agenda::Moment;

/// Something that the service does at its times.
struct Task {
    enum class Kind {
        job,    ///< of the config file
        check,  ///< of a store: its daily share, and what else is looked at once a day
        digest, ///< what people are told once a week
    };
    Kind kind = Kind::job;
    std::string name;                     ///< of the job or the store; of the digest none
    std::optional<policy::Agenda> agenda; ///< none: only when it is asked for
    std::chrono::seconds random_delay{0}; ///< a run that was missed begins within this
    std::chrono::seconds max_age{0};      ///< 0: any

    /// Its name in the records: "job:vanphong". No two tasks have the same.
    [[nodiscard]] std::string key() const { return key_of(kind, name); }
    static std::string key_of(Kind kind, const std::string& name);
};

/// All that the config file asks for.
/// errors: usage, as load_config() has them
Result<std::vector<Task>> tasks_of(const Config& config);

} // namespace saoluu::service
