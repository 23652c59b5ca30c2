// SPDX-License-Identifier: Apache-2.0
#include "store/throttle.hpp"

#include "store/forwarding.hpp"
#include "store/memory.hpp"

#include "fake_waiting.hpp"
#include "random_bytes.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace saoluu;
using namespace std::chrono_literals;
using store::RateLimit;
using store::RatePlan;
using store::Store;
using test::FakeWaiting;
using util::Bytes;

namespace {

constexpr std::uint64_t kMiB = 1 << 20;

double seconds_since(const FakeWaiting& waiting, store::Waiting::Time began) {
    return std::chrono::duration<double>(waiting.now() - began).count();
}

/// As stores behind a network are: reads its source 64 KiB at a time, and asks for no more than
/// what it was asked for.
class Remote final : public store::ForwardingStore {
public:
    Remote() : ForwardingStore(store::make_memory_store()) {}
    Result<store::Put> put_from(std::string_view name, const store::Source& source) override {
        Bytes bytes(static_cast<std::size_t>(source.size()));
        for (std::size_t at = 0; at < bytes.size(); at += 65'536)
            TRY(source.read(at, std::span(bytes).subspan(
                                    at, std::min<std::size_t>(65'536, bytes.size() - at))));
        return put(name, bytes);
    }
    [[nodiscard]] store::Nature nature() const override { return {.is_remote = true}; }
};

} // namespace

TEST_CASE("a rate is kept, whatever the sizes") {
    FakeWaiting waiting;
    for (const std::uint64_t rate : {1'000ULL, 1ULL << 20, 200'000'000ULL})
        for (const std::uint64_t size : {1ULL, 999ULL, 65'536ULL, 33'554'432ULL}) {
            CAPTURE(rate);
            CAPTURE(size);
            RateLimit limit(RatePlan(rate), {}, waiting);
            const auto began = waiting.now();
            const std::uint64_t times = std::max<std::uint64_t>(1, rate * 10 / size);
            for (std::uint64_t i = 0; i < std::min<std::uint64_t>(times, 20'000); ++i)
                REQUIRE(limit.take(size));
            const double expected =
                static_cast<double>(size * std::min<std::uint64_t>(times, 20'000)) /
                static_cast<double>(rate);
            CHECK(seconds_since(waiting, began) == doctest::Approx(expected).epsilon(0.01));
        }
}

TEST_CASE("what is saved up in a pause is little") {
    FakeWaiting waiting;
    RateLimit limit(RatePlan(kMiB), {}, waiting);
    waiting.pass(1h);
    const auto began = waiting.now();
    REQUIRE(limit.take(65'536)); // 64 KiB
    CHECK(waiting.now() == began);
    REQUIRE(limit.take(kMiB));
    CHECK(seconds_since(waiting, began) == doctest::Approx(1.0));

    RateLimit slow(RatePlan(1'000), {}, waiting);
    waiting.pass(1h);
    const auto then = waiting.now();
    REQUIRE(slow.take(250)); // 1/4 s
    CHECK(waiting.now() == then);
    REQUIRE(slow.take(1));
    CHECK(waiting.now() > then);
}

TEST_CASE("no limit is none, and a huge one does not overflow") {
    FakeWaiting waiting;
    const auto began = waiting.now();
    RateLimit none(RatePlan(0), {}, waiting);
    REQUIRE(none.take(~0ULL));
    RateLimit huge(RatePlan(~0ULL), {}, waiting);
    REQUIRE(huge.take(1ULL << 50));
    CHECK(waiting.now() - began < 1s);
    CHECK(huge.even_piece() == 65'536);
    CHECK(RateLimit(RatePlan(1), {}, waiting).even_piece() == 1);
}

TEST_CASE("a stop ends the waiting") {
    FakeWaiting waiting;
    std::stop_source stop;
    RateLimit limit(RatePlan(10), stop.get_token(), waiting);
    waiting.on_sleep = [&] { stop.request_stop(); };
    const auto result = limit.take(1'000);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == ErrorKind::interrupted);
}

TEST_CASE("uploads and downloads take their time, each way of its own, and in even steps") {
    for (const bool is_remote : {false, true}) {
        CAPTURE(is_remote);
        FakeWaiting waiting;
        Reach reach;
        reach.upload_limit = kMiB;
        reach.download_limit = 2 * kMiB;
        const auto store = store::make_throttled(
            is_remote ? std::make_unique<Remote>() : store::make_memory_store(), reach, waiting);
        const Bytes bytes = test::random_bytes(8 * kMiB, 1);
        const auto takes = [&](double seconds, const auto& act) {
            const auto began = waiting.now();
            act();
            CHECK(seconds_since(waiting, began) == doctest::Approx(seconds).epsilon(0.01));
        };
        takes(8, [&] { REQUIRE(store->put("a", bytes)); });
        takes(8, [&] { REQUIRE(store->put_from("b", store::MemorySource(bytes))); });
        takes(8, [&] {
            auto staged = store->stage();
            REQUIRE(staged);
            REQUIRE((*staged)->append(bytes));
            REQUIRE((*staged)->commit("c"));
        });
        const auto sleeps = waiting.sleeps();
        CHECK(*std::max_element(sleeps.begin(), sleeps.end()) <= 70ms);
        Bytes out(bytes.size());
        takes(4, [&] { REQUIRE(store->read("b", 0, out)); });
        CHECK(out == bytes);
        takes(4, [&] { CHECK(store->get("c", bytes.size()) == bytes); });
    }
}
