// SPDX-License-Identifier: Apache-2.0
#include "engine/check_rotation.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

namespace saoluu::engine {

using format::PackId;
using format::Time;
using repo::HashedPack;

namespace {

constexpr Time kDay = 24 * 3600;
/// The next turn may come so much later than the last did: a schedule has a random delay, and a
/// turn that waits for another.
constexpr Time kLate = 3 * 3600;
/// A share of all bytes that one turn may always read.
constexpr double kMostShare = 0.25;

struct Candidate {
    Time since = 0;
    HashedPack::State state =
        HashedPack::State::unknown; ///< at one time, what is known least first
    PackId pack;
    std::uint64_t size = 0;
};

/// Since when a pack was not seen. What nothing is known of was not seen since the memory began.
Time since_of(const repo::HashedPacks& hashed, const PackId& pack, Time now) {
    const auto found = hashed.packs.find(pack);
    if (found != hashed.packs.end())
        return std::min(found->second.since, now);
    return std::min(hashed.looked.value_or(now), now);
}

HashedPack::State state_of(const repo::HashedPacks& hashed, const PackId& pack) {
    const auto found = hashed.packs.find(pack);
    return found == hashed.packs.end() ? HashedPack::State::unknown : found->second.state;
}

bool is_bad(const repo::HashedPacks& hashed, const PackId& pack) {
    return state_of(hashed, pack) == HashedPack::State::bad;
}

/// Bytes that must be read now, so that by the time at which each pack was not seen for a cycle all
/// before it are read, the same in every turn until then.
double due_now(const std::vector<Candidate>& oldest_first, Time pause, Time cycle, Time now) {
    double most = 0, before = 0;
    for (const Candidate& one : oldest_first) {
        before += static_cast<double>(one.size);
        const Time left = one.since + cycle - now;
        const Time turns = left < 0 ? 1 : left / pause + 1; // this one, and those until then
        most = std::max(most, before / static_cast<double>(turns));
    }
    return most;
}

} // namespace

std::set<PackId> choose_turn(const std::map<PackId, std::uint64_t>& sizes,
                             const repo::HashedPacks& hashed, std::chrono::seconds cycle,
                             Time now) {
    std::set<PackId> chosen;
    std::vector<Candidate> candidates;
    double all = 0;
    for (const auto& [pack, size] : sizes) {
        all += static_cast<double>(size);
        if (is_bad(hashed, pack))
            chosen.insert(pack);
        else
            candidates.push_back({.since = since_of(hashed, pack, now),
                                  .state = state_of(hashed, pack),
                                  .pack = pack,
                                  .size = size});
    }
    std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
        return std::tie(a.since, a.state, a.pack) < std::tie(b.since, b.state, b.pack);
    });
    const Time span = cycle.count();
    // Never less than a day: who asks twice a day does not mean to go on so.
    const Time gap = std::max(kDay, hashed.turn ? now - *hashed.turn : kDay);
    const Time usual = std::clamp(hashed.gap, kDay, gap);
    const auto share_of = [&](Time pause) {
        return all * std::min(1.0, static_cast<double>(pause) / static_cast<double>(span));
    };
    const double most = std::max(all * kMostShare, 2 * share_of(usual));
    const double wanted =
        std::min(most, std::max(share_of(kDay), due_now(candidates, gap + kLate, span, now)));
    double held = 0;
    for (const Candidate& one : candidates) {
        if (held >= wanted)
            break;
        chosen.insert(one.pack);
        held += static_cast<double>(one.size);
    }
    return chosen;
}

Rotation describe_rotation(const std::map<PackId, std::uint64_t>& sizes,
                           const repo::HashedPacks& hashed, std::chrono::seconds cycle, Time now) {
    Rotation rotation{.cycle = cycle};
    std::uint64_t all = 0, seen = 0;
    Time oldest = now;
    for (const auto& [pack, size] : sizes) {
        const auto found = hashed.packs.find(pack);
        const bool is_known =
            found != hashed.packs.end() && (found->second.state == HashedPack::State::good ||
                                            found->second.state == HashedPack::State::put);
        const Time since = since_of(hashed, pack, now);
        all += size;
        if (is_known && now - since <= cycle.count())
            seen += size;
        if (!is_bad(hashed, pack))
            oldest = std::min(oldest, since);
    }
    rotation.seen_percent =
        all == 0 ? 100 : 100 * static_cast<double>(seen) / static_cast<double>(all);
    rotation.longest_unseen = std::chrono::seconds(now - oldest);
    return rotation;
}

} // namespace saoluu::engine
