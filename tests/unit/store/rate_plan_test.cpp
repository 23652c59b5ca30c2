// SPDX-License-Identifier: Apache-2.0
#include "store/rate_plan.hpp"

#include "store/memory.hpp"
#include "store/throttle.hpp"

#include "fake_waiting.hpp"
#include "random_bytes.hpp"

#include <doctest/doctest.h>

#include <ctime>
#include <random>
#include <vector>

using namespace saoluu;
using namespace std::chrono_literals;
using store::RatePlan;
using Way = store::RatePlan::Way;
using test::FakeWaiting;

namespace {

constexpr std::uint64_t kKiB = 1 << 10;
constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint8_t kWorkingDays = 0b001'1111;
constexpr std::uint8_t kSunday = 0b100'0000;

/// Passes as those who wait for a store wait.
class PassingClock final : public util::Clock {
public:
    PassingClock(const FakeWaiting& waiting, std::int64_t begin)
        : waiting_(waiting), began_(waiting.now()), begin_(begin) {}
    [[nodiscard]] std::int64_t now() const override {
        return begin_ +
               std::chrono::duration_cast<std::chrono::seconds>(waiting_.now() - began_).count();
    }

private:
    const FakeWaiting& waiting_;
    store::Waiting::Time began_;
    std::int64_t begin_;
};

std::int64_t moment(int year, int month, int day, int hour, int minute, int second = 0) {
    std::tm time{};
    time.tm_year = year - 1900;
    time.tm_mon = month - 1;
    time.tm_mday = day;
    time.tm_hour = hour;
    time.tm_min = minute;
    time.tm_sec = second;
    return ::timegm(&time);
}

Reach by_day_and_night() {
    Reach reach;
    reach.upload_limit = 500 * kKiB;
    reach.windows = {
        {.when = "", .begin = 22h, .end = 6h, .upload_limit = 0, .download_limit = {}}};
    reach.wall_clock = [](std::int64_t at) { return at + 7 * 3600; };
    return reach;
}

} // namespace

TEST_CASE("a window has its days and its times, also over midnight and over Sunday") {
    const LimitWindow office{.when = "",
                             .days = kWorkingDays,
                             .begin = 7h + 30min,
                             .end = 17h,
                             .upload_limit = {},
                             .download_limit = {}};
    CHECK_FALSE(store::is_within(office, moment(2026, 11, 27, 7, 29, 59))); // a Friday
    CHECK(store::is_within(office, moment(2026, 11, 27, 7, 30)));
    CHECK(store::is_within(office, moment(2026, 11, 27, 16, 59, 59)));
    CHECK_FALSE(store::is_within(office, moment(2026, 11, 27, 17, 0)));
    CHECK_FALSE(store::is_within(office, moment(2026, 11, 28, 10, 0)));
    CHECK(store::is_within(office, moment(1969, 12, 31, 10, 0))); // a Wednesday

    const LimitWindow night{.when = "",
                            .days = kSunday,
                            .begin = 22h,
                            .end = 6h,
                            .upload_limit = {},
                            .download_limit = {}};
    CHECK(store::is_within(night, moment(2026, 11, 29, 23, 0)));
    CHECK(store::is_within(night, moment(2026, 11, 30, 5, 59, 59)));
    CHECK_FALSE(store::is_within(night, moment(2026, 11, 29, 5, 0)));
    CHECK_FALSE(store::is_within(night, moment(2026, 11, 30, 6, 0)));
    CHECK_FALSE(store::is_within(night, moment(2026, 11, 30, 22, 30)));

    const LimitWindow all{
        .when = "", .begin = 0h, .end = 24h, .upload_limit = {}, .download_limit = {}};
    CHECK(store::is_within(all, moment(2026, 11, 29, 0, 0)));
    CHECK(store::is_within(all, moment(2026, 11, 29, 23, 59, 59)));
}

TEST_CASE("any window takes the minutes of a week that counting them one by one takes") {
    std::mt19937 random(20261128);
    for (int round = 0; round < 40; ++round) {
        const auto any = [&random](unsigned most) { return random() % (most + 1); };
        LimitWindow window{.when = "",
                           .days = static_cast<std::uint8_t>(any(127)),
                           .begin = std::chrono::minutes(any(1439)),
                           .end = std::chrono::minutes(any(1440)),
                           .upload_limit = {},
                           .download_limit = {}};
        if (window.begin == window.end)
            continue;
        constexpr std::size_t kWeek = 7 * 1440;
        std::vector<bool> taken(kWeek);
        const auto length =
            static_cast<std::size_t>((window.end - window.begin + 24h).count() - 1) % 1440 + 1;
        for (std::size_t day = 0; day < 7; ++day)
            for (std::size_t i = 0; (window.days >> day & 1) != 0 && i < length; ++i)
                taken[(day * 1440 + static_cast<std::size_t>(window.begin.count()) + i) % kWeek] =
                    true;
        const std::int64_t monday = moment(2026, 11, 23, 0, 0);
        for (std::size_t i = 0; i < kWeek; ++i)
            REQUIRE(store::is_within(window, monday + static_cast<std::int64_t>(i) * 60 + 30) ==
                    taken[i]);
    }
}

TEST_CASE("the first window that the time falls into counts, each way by itself") {
    const FakeWaiting waiting;
    Reach reach;
    reach.upload_limit = 100;
    reach.download_limit = 200;
    reach.windows = {
        {.when = "", .begin = 12h, .end = 13h, .upload_limit = 0, .download_limit = {}},
        {.when = "", .begin = 8h, .end = 17h, .upload_limit = 10, .download_limit = 20}};
    reach.wall_clock = [](std::int64_t at) { return at; };
    const auto rates = [&](int hour) {
        const PassingClock clock(waiting, moment(2026, 11, 27, hour, 30));
        return std::pair(RatePlan(reach, Way::up, clock).now(),
                         RatePlan(reach, Way::down, clock).now());
    };
    CHECK(rates(7) == std::pair<std::uint64_t, std::uint64_t>(100, 200));
    CHECK(rates(9) == std::pair<std::uint64_t, std::uint64_t>(10, 20));
    CHECK(rates(12) == std::pair<std::uint64_t, std::uint64_t>(0, 200));
    CHECK(rates(17) == std::pair<std::uint64_t, std::uint64_t>(100, 200));
}

TEST_CASE("where no window changes anything, the time is not asked for") {
    Reach reach = by_day_and_night();
    CHECK(RatePlan(reach, Way::up).varies());
    CHECK_FALSE(RatePlan(reach, Way::down).varies());
    CHECK_FALSE(RatePlan(reach, Way::down).limits());
    reach.upload_limit = 0;
    CHECK_FALSE(RatePlan(reach, Way::up).limits());
}

TEST_CASE("a limit that begins while bytes flow slows them, and one that ends lets them go") {
    const Reach reach = by_day_and_night();
    SUBCASE("begins") {
        FakeWaiting waiting;
        const PassingClock clock(waiting, moment(2026, 11, 27, 5, 59, 50) - 7 * 3600);
        store::RateLimit limit(RatePlan(reach, Way::up, clock), {}, waiting);
        REQUIRE(limit.take(1'000 * kMiB)); // at night, without a limit
        CHECK(limit.bytes_per_second() == 0);
        waiting.pass(15s);
        const auto began = waiting.now();
        REQUIRE(limit.take(5'000 * kKiB));
        CHECK(std::chrono::duration<double>(waiting.now() - began).count() ==
              doctest::Approx(10).epsilon(0.05));
    }
    SUBCASE("ends") {
        FakeWaiting waiting;
        const PassingClock clock(waiting, moment(2026, 11, 27, 21, 59, 50) - 7 * 3600);
        store::RateLimit limit(RatePlan(reach, Way::up, clock), {}, waiting);
        const auto began = waiting.now();
        REQUIRE(limit.take(1'000 * kMiB)); // would last half an hour
        CHECK(waiting.now() - began < 12s);
        CHECK(waiting.now() - began > 8s);
    }
}

TEST_CASE("an object on its way keeps to the limit that begins meanwhile, both ways") {
    Reach reach = by_day_and_night();
    reach.upload_limit = reach.download_limit = kMiB;
    reach.windows.front().upload_limit = reach.windows.front().download_limit = 64 * kMiB;
    const util::Bytes bytes = test::random_bytes(24 * kMiB, 1);
    const auto seconds_of = [&](const auto& act) {
        FakeWaiting waiting;
        // A fifth of a second before the limit: at the night's rate about 12 MiB go through.
        const PassingClock clock(waiting, moment(2026, 11, 27, 5, 59, 59) - 7 * 3600);
        waiting.pass(800ms);
        const auto store = store::make_throttled(store::make_memory_store(), reach, waiting, clock);
        const auto began = waiting.now();
        act(*store);
        return std::chrono::duration<double>(waiting.now() - began).count();
    };
    const double staged = seconds_of([&](store::Store& store) {
        auto to = store.stage();
        REQUIRE(to);
        REQUIRE((*to)->append(bytes));
        REQUIRE((*to)->commit("c"));
    });
    CHECK(staged > 9);
    CHECK(staged < 14);
    const double put = seconds_of([&](store::Store& store) {
        REQUIRE(store.put_from("a", store::MemorySource(bytes)));
        util::Bytes out(bytes.size());
        REQUIRE(store.read("a", 0, out)); // all of it by day
        CHECK(out == bytes);
    });
    CHECK(put > 32);
    CHECK(put < 38);
}
