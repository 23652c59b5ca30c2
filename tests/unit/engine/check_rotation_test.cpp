// SPDX-License-Identifier: Apache-2.0
// Whose turn it is in a rotating check, over years with a clock of the test's own.
#include "engine/check_rotation.hpp"
#include "thorough.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>

#include <doctest/doctest.h>

using namespace saoluu;
using format::PackId;
using format::Time;
using repo::HashedPacks;
using std::chrono::hours;

namespace {

constexpr Time kDay = 24 * 3600, kBegin = 1'700'000'000;

// Each day looks at all packs that there are by then: that is the square of the days.
const std::uint64_t kSeeds = test::is_thorough() ? 10 : 2;
const int kDays = test::is_thorough() ? 3 * 365 : 400;

/// A store that grows and shrinks, and a computer that checks it.
struct World {
    explicit World(std::uint64_t seed) : random(seed) {}

    std::mt19937_64 random;
    Time now = kBegin;
    HashedPacks hashed;
    std::map<PackId, std::uint64_t> sizes;
    std::map<PackId, Time> seen; ///< hashed, or put: what is so, whatever is remembered
    std::uint64_t largest = 0;

    std::uint64_t below(std::uint64_t bound) { return random() % bound; }
    std::uint64_t bytes() const {
        std::uint64_t all = 0;
        for (const auto& [pack, size] : sizes)
            all += size;
        return all;
    }
    void put(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            PackId pack{};
            for (std::byte& byte : pack.bytes)
                byte = std::byte(below(256));
            sizes[pack] = 1 + below(32'000);
            largest = std::max(largest, sizes[pack]);
            seen[pack] = now;
        }
    }
    void remove(std::size_t count) {
        for (std::size_t i = 0; i < count && !sizes.empty(); ++i) {
            const auto one = std::next(sizes.begin(), static_cast<long>(below(sizes.size())));
            seen.erase(one->first);
            sizes.erase(one);
        }
    }
    /// Bytes that were read.
    std::uint64_t turn(std::chrono::seconds cycle) {
        hashed.mend(now);
        const std::set<PackId> chosen = engine::choose_turn(sizes, hashed, cycle, now);
        std::uint64_t read = 0;
        for (const PackId& pack : chosen) {
            read += sizes.at(pack);
            seen[pack] = now;
        }
        hashed.note(now, sizes, chosen, {});
        hashed.note_turn(now);
        return read;
    }
    Time oldest() const {
        Time oldest = now;
        for (const auto& [pack, time] : seen)
            oldest = std::min(oldest, time);
        return now - oldest;
    }
};

} // namespace

TEST_CASE("a first turn reads a day's share, and daily turns see everything within the cycle") {
    for (const int days : {1, 2, 7, 30, 90}) {
        CAPTURE(days);
        World world(static_cast<std::uint64_t>(days));
        world.put(300);
        const std::chrono::seconds cycle = hours(24 * days);
        const std::uint64_t all = world.bytes();
        for (int day = 0; day <= days; ++day) {
            const std::uint64_t read = world.turn(cycle);
            CHECK(read >= all / static_cast<std::uint64_t>(days));
            if (days > 2) // of two days each turn must see what the next would see too late
                CHECK(read <= 3 * all / (2 * static_cast<std::uint64_t>(days)) + world.largest);
            world.now += kDay;
        }
        CHECK(world.oldest() <= cycle.count() + kDay); // before this day's turn
        world.turn(cycle);
        CHECK(world.oldest() <= cycle.count());
    }
}

TEST_CASE("over years of daily turns nothing gets older than the cycle, and no day is hard") {
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        CAPTURE(seed);
        World world(seed);
        const std::chrono::seconds cycle = hours(24 * 30);
        world.put(world.below(200) + 1);
        for (int day = 0; day < kDays; ++day) {
            world.put(world.below(12));
            if (world.below(40) == 0)
                world.put(150); // a new disk full of documents
            if (world.below(60) == 0)
                world.remove(world.below(100)); // pruned
            // The hour of the turn is not always the same.
            const Time jitter = static_cast<Time>(world.below(2 * 3600));
            world.now += jitter;
            const std::uint64_t read = world.turn(cycle);
            if (day > 30)
                REQUIRE(world.oldest() <= cycle.count());
            // What came in one day must be read in the cycle: that is evenly spread.
            REQUIRE(read <= world.bytes() / 8 + world.largest);
            world.now += kDay - jitter;
        }
    }
}

TEST_CASE("missed days are made good as soon as turns come daily, a quarter a day at most") {
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        CAPTURE(seed);
        World world(seed);
        const std::chrono::seconds cycle = hours(24 * 30);
        world.put(400);
        int daily = 0;
        std::uint64_t pause_before = 0;
        for (int day = 0; day < kDays; ++day) {
            world.put(world.below(6));
            const std::uint64_t pause = world.below(12) == 0 ? 1 + world.below(60) : 0;
            daily = pause > 0 ? 0 : daily + 1;
            world.now += static_cast<Time>(pause + 1) * kDay;
            const std::uint64_t read = world.turn(cycle);
            // Who comes late twice comes so always, and must read more.
            const std::uint64_t usual = std::min(pause, std::exchange(pause_before, pause)) + 1;
            REQUIRE(read <=
                    std::max(world.bytes() / 4, world.bytes() * usual / 15) + world.largest);
            if (daily >= 5 && day > 40)
                REQUIRE(world.oldest() <= cycle.count());
        }
    }
}

TEST_CASE("weekly turns see everything within a month, and two a day do not read twice as much") {
    World weekly(5);
    weekly.put(300);
    for (int week = 0; week < 200; ++week) {
        weekly.put(weekly.below(20));
        weekly.turn(hours(24 * 30));
        if (week > 6)
            REQUIRE(weekly.oldest() <= 30 * kDay);
        weekly.now += 7 * kDay;
    }
    World often(6);
    often.put(300);
    for (int half = 0; half < 200; ++half) {
        CHECK(often.turn(hours(24 * 30)) <= often.bytes() / 20 + often.largest);
        often.now += kDay / 2;
    }
}

TEST_CASE("turns within one second go on, and begin nothing again") {
    World world(10);
    world.put(100);
    std::uint64_t read = 0;
    for (int i = 0; i < 30 && read < world.bytes(); ++i)
        read += world.turn(hours(24 * 30));
    CHECK(read == world.bytes());
    CHECK(engine::describe_rotation(world.sizes, world.hashed, hours(24 * 30), world.now)
              .seen_percent == 100);
}

TEST_CASE("a bad pack comes in every turn, beside the share") {
    World world(7);
    world.put(100);
    const PackId bad = world.sizes.begin()->first;
    for (int day = 0; day < 20; ++day) {
        const std::set<PackId> chosen =
            engine::choose_turn(world.sizes, world.hashed, hours(24 * 30), world.now);
        if (day > 0)
            CHECK(chosen.contains(bad));
        CHECK(chosen.size() >= 3);
        std::set<PackId> good = chosen;
        good.erase(bad);
        world.hashed.note(world.now, world.sizes, good, {bad});
        world.hashed.note_turn(world.now);
        world.now += kDay;
    }
}

TEST_CASE("a memory that is lost begins a new cycle") {
    World world(8);
    world.put(200);
    for (int day = 0; day < 40; ++day, world.now += kDay)
        world.turn(hours(24 * 30));
    world.hashed = {};
    const auto before =
        engine::describe_rotation(world.sizes, world.hashed, hours(24 * 30), world.now);
    CHECK(before.seen_percent == 0);
    CHECK(world.turn(hours(24 * 30)) < world.bytes() / 20);
    for (int day = 0; day < 31; ++day) {
        world.now += kDay;
        world.turn(hours(24 * 30));
    }
    const auto after =
        engine::describe_rotation(world.sizes, world.hashed, hours(24 * 30), world.now);
    CHECK(after.seen_percent == 100);
    CHECK(after.longest_unseen <= hours(24 * 30));
}

TEST_CASE("a clock that jumps ahead and back loses no turn and hides no pack") {
    World world(9);
    world.put(200);
    const std::chrono::seconds cycle = hours(24 * 30);
    for (int day = 0; day < 400; ++day) {
        if (day == 100)
            world.now += 3650 * kDay; // the battery
        if (day == 103)
            world.now -= 3650 * kDay;
        world.turn(cycle);
        world.now += kDay;
        if (day == 103)
            for (auto& [pack, time] : world.seen)
                time = std::min(time, world.now); // what the wrong clock said
        if (day > 140)
            REQUIRE(world.oldest() <= cycle.count() + kDay);
    }
}

TEST_CASE("an empty store has nothing to read, and all of it was seen") {
    CHECK(engine::choose_turn({}, {}, hours(24 * 30), kBegin).empty());
    CHECK(engine::describe_rotation({}, {}, hours(24 * 30), kBegin).seen_percent == 100);
}
