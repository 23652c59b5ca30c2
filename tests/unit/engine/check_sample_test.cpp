// SPDX-License-Identifier: Apache-2.0
#include "engine/check_sample.hpp"

#include "three_snapshots.hpp"

#include <algorithm>
#include <numeric>
#include <random>

using namespace saoluu;
using namespace saoluu::test;
using engine::choose_share;

namespace {

std::uint64_t bytes_of(const std::vector<std::uint64_t>& sizes, const std::vector<bool>& chosen) {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i)
        bytes += chosen[i] ? sizes[i] : 0;
    return bytes;
}

} // namespace

TEST_CASE("a share holds as many bytes as asked, and at most one thing more") {
    std::mt19937_64 numbers(7);
    for (const double percent : {1.0, 2.5, 10.0, 50.0, 99.9}) {
        CAPTURE(percent);
        std::vector<std::uint64_t> sizes(300);
        for (std::uint64_t& size : sizes)
            size = 1 + numbers() % 1000;
        const auto all = std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
        const std::uint64_t held =
            bytes_of(sizes, choose_share(sizes, percent, engine::random_below));
        const double wanted = static_cast<double>(all) * percent / 100;
        CHECK(static_cast<double>(held) >= wanted);
        CHECK(static_cast<double>(held) < wanted + 1001);
    }
}

TEST_CASE("everything is chosen at 100 per cent, and one thing at the least share") {
    const std::vector<std::uint64_t> sizes = {5, 6, 7};
    CHECK(choose_share(sizes, 100, engine::random_below) == std::vector(3, true));
    CHECK(std::ranges::count(choose_share(sizes, 0.001, engine::random_below), true) == 1);
    CHECK(choose_share({}, 10, engine::random_below).empty());
}

TEST_CASE("a share is what the random numbers say") {
    const std::vector<std::uint64_t> sizes = {10, 10, 10, 10};
    const auto first = [](std::uint64_t) { return std::uint64_t{0}; };
    const auto last = [](std::uint64_t bound) { return bound - 1; };
    CHECK(choose_share(sizes, 50, first) == std::vector{true, true, false, false});
    CHECK(choose_share(sizes, 50, last) == std::vector{true, false, false, true});
    // Each thing comes up in its turn.
    std::mt19937_64 numbers(3);
    std::vector<int> often(4);
    for (int i = 0; i < 4000; ++i) {
        const auto chosen = choose_share(
            sizes, 25, [&](std::uint64_t bound) { return std::uint64_t{numbers() % bound}; });
        ++often[static_cast<std::size_t>(std::ranges::find(chosen, true) - chosen.begin())];
    }
    for (const int times : often)
        CHECK((times > 800 && times < 1200));
}

TEST_CASE("random numbers stay below their bound and reach all below it") {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::uint64_t drawn = engine::random_below(7);
        REQUIRE(drawn < 7);
        seen.insert(drawn);
    }
    CHECK(seen.size() == 7);
    CHECK(engine::random_below(1) == 0);
}

TEST_CASE("a check of a share reads that share and the directory of every pack") {
    const Three three;
    Repository backup = three.repository.open(key::kBackup);
    CheckOptions options{.sample_percent = 20};
    Told told;
    const CheckReport report = must(check(backup, options, told, {}));
    CHECK_MESSAGE(report.sound(), told.text());
    CHECK(report.listed_packs == three.repository.names("packs/").size());
    CHECK(report.packs < report.listed_packs);
    CHECK(report.packs > 0);
    CHECK(report.pack_bytes * 5 >= report.listed_pack_bytes);

    // A trailer that is damaged is found whatever is chosen: without it there is no directory.
    const std::string catalog = three.pack(1, false);
    three.repository.flip_bit(catalog, three.repository.read(catalog).size() - 150);
    for (int i = 0; i < 5; ++i) {
        Told now;
        Repository opened = three.repository.open(key::kBackup);
        CHECK(!must(check(opened, {.sample_percent = 1}, now, {})).sound());
        CHECK(now.has(Severity::damage, catalog));
    }
    for (const double wrong : {0.0, -1.0, 100.1})
        CHECK(fails(check(backup, {.sample_percent = wrong}, told, {}), ErrorKind::usage));
}

TEST_CASE("in the end every pack is chosen") {
    const Three three;
    const std::string bad = three.pack(0, true);
    three.repository.flip_bit(bad, 5000);
    Repository reader = three.repository.open(key::kReader);
    bool is_found = false;
    for (int i = 0; i < 200 && !is_found; ++i) {
        Told told;
        is_found =
            !must(check(reader, {.read_data = i % 2 == 0, .sample_percent = 20}, told, {})).sound();
    }
    CHECK(is_found);
}
