// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/doctor.hpp"

#include "repo/access.hpp"
#include "util/clock.hpp"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>

namespace saoluu::engine {

/// Where the verdicts on one subject go.
class Verdicts {
public:
    Verdicts(const std::function<void(const Verdict&)>& each, std::string subject)
        : each_(each), subject_(std::move(subject)) {}

    void in_order(const char* code, std::string what) const {
        tell(Condition::in_order, code, std::move(what), {});
    }
    void warning(const char* code, std::string what, std::string next) const {
        tell(Condition::warning, code, std::move(what), std::move(next));
    }
    void fault(const char* code, std::string what, std::string next) const {
        tell(Condition::fault, code, std::move(what), std::move(next));
    }

private:
    void tell(Condition condition, const char* code, std::string what, std::string next) const {
        each_({.condition = condition,
               .code = code,
               .subject = subject_,
               .what = std::move(what),
               .next = std::move(next)});
    }
    const std::function<void(const Verdict&)>& each_;
    std::string subject_;
};

/// Clock, memory that can be locked, zone of time, and the folders for state, cache and temporary
/// files.
void look_at_machine(const DoctorOptions& options, const util::Clock& clock,
                     const std::function<void(const Verdict&)>& each);

/// A key file: there, the owner's alone, whole.
void look_at_key_file(const std::string& path, const std::function<void(const Verdict&)>& each);

/// One store, from outside and by the key.
void look_at_store(const DoctorOptions& options, const DoctorPlace& place, const util::Clock& clock,
                   const std::function<void(const Verdict&)>& each);

/// Where objects are to be locked: whether those of a sample are.
void look_at_locks(store::Store& store, const Retention& retention, const util::Clock& clock,
                   const std::stop_token& stop, const Verdicts& verdicts);

/// What an open repository says: the key's role and end, the last snapshot, sessions without end.
void look_at_repository(const repo::Access& access, bool by_key_file, const util::Clock& clock,
                        const Verdicts& verdicts);

/// Room left where a folder is.
void look_at_room(const std::string& folder, const Verdicts& verdicts);

} // namespace saoluu::engine
