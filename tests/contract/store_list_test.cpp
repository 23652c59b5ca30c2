// SPDX-License-Identifier: Apache-2.0
//
// What every store must show of what it holds: each case runs against each of stores.hpp.
#include "stores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>

using namespace saoluu;
using namespace saoluu::test;

TEST_CASE("listings ascend by the bytes of the whole name") {
    on_every_store([](Store& store) {
        // '-' and '.' come before '/', '0' behind it: folders must not be sorted by their own name.
        std::vector<std::string> all = {"a",  "a-b", "a.b",  "a/b",        "a/b.c", "a/b/c", "a/bc",
                                        "a0", "ab",  "b/a",  "b-",         "z/y/x", "B",     "a/b-",
                                        "_",  "~",   "a!/x", "\xc3\xa9/x", "a/\xff"};
        // A name can't be an object and a folder at once in a file system.
        std::erase_if(all, [](const std::string& name) { return name == "a" || name == "a/b"; });
        // S3 and SMB have names of text alone.
        if (store.put("x/\xff", kSome))
            REQUIRE(store.remove("x/\xff"));
        else
            std::erase(all, "a/\xff");
        // Where case is nothing (SMB), B is the folder of b/a.
        put(store, "case", kSome);
        if (store.stat("CASE"))
            std::erase(all, "B");
        REQUIRE(store.remove("case"));
        for (const std::string& name : all)
            put(store, name, kSome);
        std::sort(all.begin(), all.end());
        CHECK(names(store, "") == all);
        for (const std::string& after : all) {
            CAPTURE(after);
            CHECK(names(store, "", after) ==
                  std::vector<std::string>(std::upper_bound(all.begin(), all.end(), after),
                                           all.end()));
        }
        for (const char* prefix : {"a", "a/", "a/b", "a/b/", "a/b/c", "a/b/c/", "b", "q", "q/r/",
                                   "~", "a//", "../", "./", "/"})
            for (const char* after :
                 {"", "a", "a/", "a/b", "a/b-", "a/b/", "a/b/z", "a/z", "a0", "z"}) {
                CAPTURE(prefix);
                CAPTURE(after);
                std::vector<std::string> expected;
                std::copy_if(all.begin(), all.end(), std::back_inserter(expected),
                             [&](const std::string& name) {
                                 return name.starts_with(prefix) && name > after;
                             });
                CHECK(names(store, prefix, after) == expected);
            }
    });
}

TEST_CASE("more than 2,500 objects are listed, each once, with its size") {
    on_every_store(
        [](Store& store) {
            std::vector<std::string> all;
            for (unsigned i = 0; i < 2'600; ++i)
                all.push_back(fmt::format("marks/{:08x}", i * 2'654'435'761U));
            put_all(store, all);
            put(store, "mark", kSome);
            put(store, "marks0", kSome);
            std::vector<std::string> sorted = all;
            std::sort(sorted.begin(), sorted.end());
            CHECK(names(store, "marks/") == sorted);
            const auto listed = store::list_all(store, "marks/");
            REQUIRE(listed);
            for (unsigned i = 0; i < all.size(); i += 97) {
                const auto at =
                    std::find_if(listed->begin(), listed->end(),
                                 [&](const auto& object) { return object.name == all[i]; });
                REQUIRE(at != listed->end());
                CHECK(at->size == i % 100);
            }
            // The ends of pages, and names between two of them that nobody has.
            for (const std::ptrdiff_t at : {0, 254, 255, 998, 999, 1'000, 1'999, 2'598, 2'599}) {
                const std::string& last = sorted[static_cast<std::size_t>(at)];
                const std::vector<std::string> rest(sorted.begin() + at + 1, sorted.end());
                CHECK(names(store, "marks/", last) == rest);
                CHECK(names(store, "marks/", last + "-") == rest);
            }
        },
        Objects::thousands);
}

TEST_CASE("a listing stops when its reader has enough") {
    on_every_store(
        [](Store& store) {
            std::vector<std::string> all;
            for (int i = 0; i < 600; ++i)
                all.push_back(fmt::format("packs/{:02x}/{}", i % 256, i));
            put_all(store, all);
            for (const int most : {1, 5, 599}) {
                int seen = 0;
                REQUIRE(store.list("packs/", "", [&](const auto&) { return ++seen < most; }));
                CHECK(seen == most);
            }
        },
        Objects::thousands);
}

TEST_CASE("a listing shows what was there before it, while others put") {
    on_every_store([](Store& store) {
        std::vector<std::string> before;
        for (int i = 0; i < 60; ++i)
            before.push_back(fmt::format("index/{:04}", i * 2));
        put_all(store, before);
        std::atomic<int> faults = 0;
        std::jthread writer([&](const std::stop_token& stop) {
            for (int i = 0; i < 60 && !stop.stop_requested(); ++i)
                faults += store.put(fmt::format("index/{:04}", i * 2 + 1), kSome) ? 0 : 1;
        });
        for (int round = 0; round < 5; ++round) {
            const std::vector<std::string> shown = names(store, "index/");
            CHECK(std::adjacent_find(shown.begin(), shown.end(), std::greater_equal<>()) ==
                  shown.end());
            CHECK(std::includes(shown.begin(), shown.end(), before.begin(), before.end()));
        }
        writer.join();
        CHECK(faults == 0);
        CHECK(names(store, "index/").size() == 120);
    });
}

TEST_CASE("a reader of a listing may use the store") {
    on_every_store([](Store& store) {
        for (int i = 0; i < 10; ++i)
            put(store, fmt::format("index/{}", i), kSome);
        int removed = 0;
        REQUIRE(store.list("index/", "", [&](const auto& object) {
            CHECK(store.get(object.name, 1000));
            CHECK(store.remove(object.name));
            ++removed;
            return true;
        }));
        CHECK(removed == 10);
        CHECK(names(store, "").empty());
    });
}

TEST_CASE("tmp/ is never listed") {
    on_every_store([](Store& store) {
        put(store, "tmp/probe", kSome);
        put(store, "tmpx", kSome);
        CHECK(names(store, "") == std::vector<std::string>{"tmpx"});
        CHECK(names(store, "tmp").size() == 1);
        CHECK(names(store, "tmp/").empty());
        CHECK(names(store, "tmp/p").empty());
        CHECK(store.remove("tmp/probe"));
    });
}
