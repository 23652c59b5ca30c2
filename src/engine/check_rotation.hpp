// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/hashed_packs.hpp"

#include "saoluu/check.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <set>

namespace saoluu::engine {

/// The packs that a rotating check reads now: those that were not seen for longest, so many that
/// every byte is seen within the cycle, if the next turn comes as late as this one did; at least a
/// day's share. What must be read by when is spread evenly over the turns until then. More than a
/// quarter of all bytes (or twice what turns that come as they use to must read) is left to the
/// next turn, so that a long pause is not made good in one night. Bad packs come in every turn,
/// beside all that.
/// sizes: of all packs; hashed: what is known of them, after mend(now)
std::set<format::PackId> choose_turn(const std::map<format::PackId, std::uint64_t>& sizes,
                                     const repo::HashedPacks& hashed, std::chrono::seconds cycle,
                                     format::Time now);

/// How far the cycle is.
Rotation describe_rotation(const std::map<format::PackId, std::uint64_t>& sizes,
                           const repo::HashedPacks& hashed, std::chrono::seconds cycle,
                           format::Time now);

} // namespace saoluu::engine
