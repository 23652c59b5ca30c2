// SPDX-License-Identifier: Apache-2.0
//
// What every store must do, whatever it is made of: each case runs against each of stores.hpp.
#include "store/probe.hpp"

#include "stores.hpp"

#include <fmt/format.h>

#include <algorithm>

using namespace saoluu;
using namespace saoluu::test;

TEST_CASE("objects of odd sizes come back whole") {
    on_every_store([](Store& store) {
        for (const std::size_t size : {0UL, 1UL, 4095UL, 4096UL, 4097UL, 262'143UL, 262'144UL,
                                       262'145UL, 1'048'577UL, 5'000'001UL}) {
            CAPTURE(size);
            const Bytes bytes = test::random_bytes(size, size);
            const std::string name = fmt::format("packs/{:02x}/{}", size % 256, size);
            put(store, name, bytes);
            CHECK(get(store, name) == bytes);
            const auto info = store.stat(name);
            REQUIRE(info);
            CHECK(info->name == name);
            CHECK(info->size == size);
        }
    });
}

TEST_CASE("a second put of a name changes nothing and says so") {
    on_every_store([](Store& store) {
        put(store, "snapshots/1/done", kSome);
        for (const Bytes& bytes : {kOther, kSome, Bytes()}) {
            const auto again = store.put("snapshots/1/done", bytes);
            REQUIRE(again);
            CHECK(*again == Put::exists);
        }
        CHECK(get(store, "snapshots/1/done") == kSome);
    });
}

TEST_CASE("exclusive creation is found by trying, and nothing is left of it") {
    on_every_store([](Store& store) {
        const auto exclusive = store::has_exclusive_create(store);
        REQUIRE(exclusive);
        // What some S3 services can't do, they must be known for.
        CHECK(*exclusive == store.nature().creates_exclusively);
        CHECK(names(store, "").empty());
    });
}

TEST_CASE("what is staged appears whole at its commit, under a name known only then") {
    on_every_store([](Store& store) {
        auto staged = store.stage();
        REQUIRE(staged);
        Bytes whole;
        std::uint64_t seed = 0;
        for (const std::size_t size : {0UL, 80UL, 300'000UL, 1UL, 600'000UL, 262'144UL, 7UL}) {
            const Bytes piece = test::random_bytes(size, ++seed);
            REQUIRE((*staged)->append(piece));
            util::append(whole, piece);
            CHECK(names(store, "").empty());
        }
        const auto done = (*staged)->commit("packs/ab/abcd");
        REQUIRE(done);
        CHECK(*done == Put::created);
        CHECK(names(store, "") == std::vector<std::string>{"packs/ab/abcd"});
        CHECK(get(store, "packs/ab/abcd") == whole);
    });
}

TEST_CASE("what is staged and never committed leaves nothing") {
    on_every_store([](Store& store) {
        {
            auto staged = store.stage();
            REQUIRE(staged);
            REQUIRE((*staged)->append(test::random_bytes(2'000'000, 1)));
        }
        CHECK(names(store, "").empty());
        CHECK(names(store, "tmp/").empty());
    });
}

TEST_CASE("a commit to a name that is taken changes nothing and says so") {
    on_every_store([](Store& store) {
        put(store, "index/1", kSome);
        auto staged = store.stage();
        REQUIRE(staged);
        REQUIRE((*staged)->append(kOther));
        const auto done = (*staged)->commit("index/1");
        REQUIRE(done);
        CHECK(*done == Put::exists);
        CHECK(get(store, "index/1") == kSome);
    });
}

TEST_CASE("an empty object can be staged") {
    on_every_store([](Store& store) {
        auto staged = store.stage();
        REQUIRE(staged);
        REQUIRE((*staged)->commit("index/empty"));
        CHECK(get(store, "index/empty").empty());
    });
}

TEST_CASE("of many writers of one name one wins and the others learn of it") {
    on_every_store([](Store& store) {
        put(store, "first", kSome); // a store that can't create exclusively learns it here
        if (!store.nature().creates_exclusively)
            return;
        for (int round = 0; round < 20; ++round) {
            const std::string name = fmt::format("snapshots/{}/done", round);
            std::atomic<int> created = 0;
            std::atomic<int> exists = 0;
            std::atomic<int> winner = -1;
            std::vector<std::jthread> writers;
            for (int i = 0; i < 8; ++i)
                writers.emplace_back([&, i] {
                    const auto done =
                        store.put(name, test::random_bytes(1000, static_cast<std::uint64_t>(i)));
                    if (done && *done == Put::created) {
                        ++created;
                        winner = i;
                    } else if (done) {
                        ++exists;
                    }
                });
            writers.clear(); // joins them
            CHECK(created == 1);
            CHECK(exists == 7);
            CHECK(get(store, name) ==
                  test::random_bytes(1000, static_cast<std::uint64_t>(winner.load())));
        }
    });
}

TEST_CASE("many threads put, read and list at once") {
    on_every_store([](Store& store) {
        std::atomic<int> faults = 0;
        std::vector<std::jthread> threads;
        for (unsigned t = 0; t < 8; ++t)
            threads.emplace_back([&, t] {
                for (unsigned i = 0; i < 25; ++i) {
                    const std::string name = fmt::format("packs/{:02x}/{}-{}", i % 5, t, i);
                    const Bytes bytes = test::random_bytes(500, t * 100 + i);
                    Bytes part(100);
                    const bool is_good = store.put(name, bytes) && store.read(name, 50, part) &&
                                         std::equal(part.begin(), part.end(), bytes.begin() + 50) &&
                                         store::list_all(store, "packs/");
                    faults += is_good ? 0 : 1;
                }
            });
        threads.clear();
        CHECK(faults == 0);
        CHECK(names(store, "packs/").size() == 200);
    });
}

TEST_CASE("ranges are read exactly") {
    on_every_store([](Store& store) {
        const Bytes bytes = test::random_bytes(300'000, 3);
        put(store, "packs/00/x", bytes);
        struct Range {
            std::uint64_t offset;
            std::size_t size;
        };
        for (const Range range : {Range{0, 300'000}, Range{0, 0}, Range{0, 1}, Range{299'999, 1},
                                  Range{300'000, 0}, Range{65'535, 65'537}}) {
            CAPTURE(range.offset);
            Bytes out(range.size);
            REQUIRE(store.read("packs/00/x", range.offset, out));
            CHECK(std::equal(out.begin(), out.end(),
                             bytes.begin() + static_cast<std::ptrdiff_t>(range.offset)));
        }
    });
}

TEST_CASE("a range past the end is damage, not a short answer") {
    on_every_store([](Store& store) {
        put(store, "packs/00/x", kSome);
        Bytes out(10);
        for (const std::uint64_t offset : {91UL, 100UL, 101UL, 1UL << 40, ~0UL - 5}) {
            CAPTURE(offset);
            const auto result = store.read("packs/00/x", offset, out);
            CHECK(is(result, ErrorKind::corrupt));
            CHECK(result.error().message().find("packs/00/x") != std::string::npos);
        }
    });
}

TEST_CASE("what is not there is named") {
    on_every_store([](Store& store) {
        put(store, "index/a", kSome);
        Bytes out(1);
        for (const char* name : {"index/b", "packs/ab/abcd", "index", "index/a/b"}) {
            CAPTURE(name);
            CHECK(is(store.get(name, 10), ErrorKind::not_found));
            CHECK(is(store.read(name, 0, out), ErrorKind::not_found));
            CHECK(is(store.stat(name), ErrorKind::not_found));
            CHECK(store.get(name, 10).error().message().find(name) != std::string::npos);
        }
    });
}

TEST_CASE("an object over the caller's limit is refused") {
    on_every_store([](Store& store) {
        put(store, "index/a", kSome);
        CHECK(store.get("index/a", 100));
        CHECK(is(store.get("index/a", 99), ErrorKind::corrupt));
        CHECK(is(store.get("index/a", 0), ErrorKind::corrupt));
    });
}

TEST_CASE("removing is final, and of what is not there a success") {
    on_every_store([](Store& store) {
        put(store, "index/a", kSome);
        put(store, "index/b", kSome);
        Bytes out(1);
        REQUIRE(store.read("index/a", 0, out)); // whoever keeps it open must let it go
        CHECK(store.remove("index/a"));
        CHECK(store.remove("index/a"));
        CHECK(store.remove("no/such/folder"));
        CHECK(is(store.get("index/a", 1000), ErrorKind::not_found));
        CHECK(is(store.read("index/a", 0, out), ErrorKind::not_found));
        CHECK(names(store, "") == std::vector<std::string>{"index/b"});
        put(store, "index/a", kOther);
        CHECK(get(store, "index/a") == kOther);
        REQUIRE(store.read("index/a", 0, out));
        CHECK(out[0] == kOther[0]);
    });
}

TEST_CASE("names that can't be one are refused by everything") {
    using namespace std::string_literals;
    on_every_store([](Store& store) {
        Bytes out(1);
        for (const std::string& name :
             {""s, "/"s, "/etc/passwd"s, "a//b"s, "a/"s, "../a"s, "a/../b"s, "a/.."s, "."s, "./a"s,
              "a\0b"s, std::string(256, 'x'), std::string(2000, 'x') + "/x"s}) {
            CAPTURE(name);
            CHECK(is(store.put(name, kSome), ErrorKind::usage));
            auto staged = store.stage();
            REQUIRE(staged);
            CHECK(is((*staged)->commit(name), ErrorKind::usage));
            CHECK(is(store.get(name, 10), ErrorKind::usage));
            CHECK(is(store.read(name, 0, out), ErrorKind::usage));
            CHECK(is(store.stat(name), ErrorKind::usage));
            CHECK(is(store.remove(name), ErrorKind::usage));
        }
        CHECK(names(store, "").empty());
        put(store, std::string(255, 'x'), kSome);
        put(store, "a/..b/c..", kSome);
    });
}
