// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/reach.hpp"
#include "saoluu/repository.hpp"

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace saoluu {

/// How one thing was found to be.
enum class Condition {
    in_order,
    warning, ///< backups work, but less is safe than could be
    fault,   ///< backups or restores don't work, or won't before long
};

/// What a look at one thing came to.
struct Verdict {
    Condition condition = Condition::in_order;
    std::string code;    ///< for programs: "key-mode"; never changes its meaning
    std::string subject; ///< what was looked at: a path, the name of a store; empty: the machine
    std::string what;    ///< for people, translated
    std::string next;    ///< what to do about it; empty where all is in order
};

/// A store to look at.
struct DoctorPlace {
    std::string name; ///< for the verdicts
    std::string location;
    Reach reach = {};
};

struct DoctorOptions {
    std::vector<DoctorPlace> places; ///< none: the machine alone
    /// Makes what opens them; empty: they are looked at from outside.
    std::function<Credential()> credential = {};
    /// The key file among that, which is looked at too.
    std::string key_file = {};
    LocalFolders folders = LocalFolders::from_environment();
    /// Try what each store does, by throw-away objects under tmp/. Some stores keep them.
    bool probe = true;
};

/// Looks whether this machine and its stores are as backups and restores need them. Changes
/// nothing but what `probe` says. `each` is called as soon as something was looked at; by one
/// thread.
/// errors: interrupted; whatever else goes wrong is a verdict
Result<void> doctor(const DoctorOptions& options, const std::function<void(const Verdict&)>& each,
                    std::stop_token stop);

} // namespace saoluu
