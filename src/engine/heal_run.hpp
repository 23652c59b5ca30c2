// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/check_run.hpp"
#include "engine/crew.hpp"
#include "engine/locked_events.hpp"
#include "engine/mirror_run.hpp"
#include "repo/access.hpp"
#include "util/text.hpp"

#include "saoluu/heal.hpp"

#include <memory>
#include <set>
#include <vector>

namespace saoluu::engine {

/// What all parts of one heal share.
struct Heal {
    repo::Access& access;
    std::vector<std::unique_ptr<store::Store>> others;
    const HealOptions& options;
    LockedEvents& events;
    std::stop_token stop;
    HealReport report = {};
    std::set<format::PackId> put = {}; ///< packs of which good bytes came
    bool is_one_away = false;          ///< a copy that should be asked could not be opened

    /// A place that can't be asked for anything.
    void tell_away(const std::string& location, const Error& why) {
        is_one_away = true;
        tell(Severity::warning, "",
             util::message(util::tr("{} could not be asked: {}"), location, why.message()));
    }
    void tell(Severity severity, const std::string& subject, const std::string& text) {
        events.finding({severity, subject, text});
    }
};

/// A place that should be asked and could not be opened.
struct AwayPlace {
    std::string location;
    Error why;
};

/// Puts back rosters, slots, `format`, marks and ledger entries that another copy has, and index
/// segments that snapshots name; tells of those that are damaged where they lie.
/// errors: the stores'; interrupted
Result<void> heal_small(Heal& heal);

/// Reads the packs, and heals those that are bad.
/// errors: the store's; interrupted
Result<void> heal_packs(Heal& heal, std::vector<format::PackId>& lost);

/// Condemns what is lost, where this key may.
/// errors: the store's; refused, unsupported
Result<void> condemn(Heal& heal, std::vector<format::PackId> lost);

/// All of it, over stores that are open.
Result<HealReport> heal_over(repo::Access& access,
                             std::vector<std::unique_ptr<store::Store>> others,
                             const HealOptions& options, Events& events, std::stop_token stop,
                             const std::vector<AwayPlace>& away = {});

} // namespace saoluu::engine
