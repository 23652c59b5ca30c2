// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace saoluu {

struct HealOptions {
    /// Other copies of the repository, which are asked in this order.
    std::vector<std::string> from;
    std::vector<Reach> reach_from = {}; ///< of each; what is missing at the end is as usual
    /// Nobody named these copies for this repository: what holds another is passed over, and of one
    /// that is away it is told. What is bad is not taken for lost then.
    bool is_from_guessed = false;
    /// Names of packs, 64 hex digits each; empty: every pack is looked at.
    std::vector<std::string> packs;
    bool dry_run = false; ///< only tell what would be done
    unsigned threads = 0;
};

struct HealReport {
    bool dry_run = false;
    std::uint64_t packs = 0;         ///< read
    std::uint64_t pack_bytes = 0;    ///< of them
    std::uint64_t bad = 0;           ///< damaged or missing, and no good copy beside them
    std::uint64_t healed = 0;        ///< of those: a good copy was put
    std::uint64_t healed_before = 0; ///< bad, and a good copy lies beside them
    std::uint64_t small = 0;         ///< other objects that were missing and were put
    std::uint64_t small_bad = 0;     ///< that are damaged where they lie; a person must look
    std::uint64_t lost = 0;          ///< bad packs that no copy has
    std::uint64_t marked = 0;  ///< of those: condemned, so that the next backup stores them anew
    std::uint64_t unasked = 0; ///< bad packs of which another copy could not be asked just now
    double seconds = 0;
    [[nodiscard]] bool sound() const { return bad == healed && small_bad == 0; }
};

/// Reads every pack, and puts good copies from elsewhere beside those that are damaged or missing;
/// puts back small objects that are missing. Nothing is overwritten. What no copy has, a restore or
/// admin key condemns: then the next backup stores it anew from the source. What was found is told
/// as findings.
/// errors: usage (a pack's name that is none, a place that is no copy of this repository),
/// no_repository, io, denied, no_space, refused and unsupported (nothing may be written now),
/// interrupted
Result<HealReport> heal(Repository& repository, const HealOptions& options, Events& events,
                        std::stop_token stop);

} // namespace saoluu
