// SPDX-License-Identifier: Apache-2.0
//
// A rate against a real service and a real clock; runs where one was started for it.
#include "stores.hpp"

#include <chrono>

using namespace saoluu;
using namespace saoluu::test;

TEST_CASE("a rate holds against a real service, and transfers share it") {
    if (!has_s3()) {
        MESSAGE("skipped: no service; run it by tests/support/services/with.sh");
        return;
    }
    constexpr std::uint64_t kMiB = 1 << 20;
    Reach reach;
    reach.upload_limit = reach.download_limit = kMiB;
    const std::unique_ptr<Store> store =
        store::make_retrying(store::make_throttled(new_s3_store(), reach), {});
    const Bytes bytes = test::random_bytes(2 * kMiB, 1);
    const auto seconds = [](const auto& act) {
        const auto began = std::chrono::steady_clock::now();
        act();
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    };
    CHECK(seconds([&] { put(*store, "packs/1", bytes); }) == doctest::Approx(2.0).epsilon(0.1));
    std::atomic<int> good = 0;
    CHECK(seconds([&] {
              std::vector<std::jthread> both;
              for (const char* name : {"packs/2", "packs/3"})
                  both.emplace_back([&, name] {
                      good += store->put_from(name, store::MemorySource(bytes)) ? 1 : 0;
                  });
          }) == doctest::Approx(4.0).epsilon(0.1));
    CHECK(good == 2);
    Bytes out(bytes.size());
    CHECK(seconds([&] { REQUIRE(store->read("packs/1", 0, out)); }) ==
          doctest::Approx(2.0).epsilon(0.1));
    CHECK(out == bytes);
    empty_store(*store);
}
