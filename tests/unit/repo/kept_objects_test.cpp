// SPDX-License-Identifier: Apache-2.0
// The cache of small objects: what anyone put or damaged there is never believed.
#include "repo/kept_objects.hpp"

#include "random_bytes.hpp"
#include "repository_case.hpp"

#include <filesystem>
#include <fstream>
#include <thread>

using namespace saoluu;
using namespace saoluu::test;
using repo::KeptObjects;
namespace fs = std::filesystem;

namespace {

struct Cache {
    ScratchFolder scratch = ScratchFolder::in_memory();
    std::string folder = scratch / "cache/kept";
    KeptObjects kept{folder};
    util::Bytes object = random_bytes(5000, 1);
    crypto::Hash hash = crypto::hash(object);

    [[nodiscard]] std::string path() const { return folder + "/" + hash.hex(); }
    [[nodiscard]] bool is_there() const { return kept.find(hash, 5000).has_value(); }
    void write(util::BytesView bytes) const {
        std::ofstream(path(), std::ios::binary | std::ios::trunc)
            .write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
    }
    [[nodiscard]] std::ptrdiff_t files() const {
        return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
    }
};

} // namespace

TEST_CASE("what is kept is found again, up to its limit") {
    const Cache cache;
    CHECK_FALSE(cache.is_there());
    cache.kept.keep(cache.hash, cache.object);
    const std::optional<util::Bytes> found = cache.kept.find(cache.hash, 5000);
    REQUIRE(found);
    CHECK(*found == cache.object);
    CHECK_FALSE(cache.kept.find(cache.hash, 4999));
    CHECK(cache.files() == 1);
    cache.kept.keep(cache.hash, cache.object);
    CHECK(cache.files() == 1);
    CHECK((fs::status(cache.folder).permissions() & fs::perms(0077)) == fs::perms::none);
    CHECK((fs::status(cache.path()).permissions() & fs::perms(0077)) == fs::perms::none);
}

TEST_CASE("bytes of another hash are not kept") {
    const Cache cache;
    cache.kept.keep(cache.hash, util::BytesView(cache.object).first(4999));
    CHECK_FALSE(fs::exists(cache.path()));
    CHECK_FALSE(cache.is_there());
}

TEST_CASE("what is damaged, cut or foreign in the cache is not believed, and is mended") {
    const Cache cache;
    cache.kept.keep(cache.hash, cache.object);
    SUBCASE("any bit") {
        for (std::size_t at = 0; at < cache.object.size(); at += 499) {
            util::Bytes bad = cache.object;
            bad[at] ^= std::byte{1};
            cache.write(bad);
            CHECK_FALSE(cache.is_there());
        }
    }
    SUBCASE("any length") {
        for (const std::size_t size : {0UL, 1UL, 31UL, 32UL, 2500UL, 4999UL}) {
            cache.write(util::BytesView(cache.object).first(size));
            CHECK_FALSE(cache.is_there());
        }
        util::Bytes longer = cache.object;
        longer.push_back(std::byte{0});
        cache.write(longer);
        CHECK_FALSE(cache.kept.find(cache.hash, 1 << 20));
    }
    SUBCASE("another object under its name") {
        cache.write(random_bytes(5000, 2));
        CHECK_FALSE(cache.is_there());
    }
    SUBCASE("a link that leads nowhere") {
        fs::remove(cache.path());
        fs::create_symlink(cache.scratch / "nowhere", cache.path());
        CHECK_FALSE(cache.is_there());
    }
    SUBCASE("gone with its folder") {
        fs::remove_all(cache.folder);
        CHECK_FALSE(cache.is_there());
    }
    cache.kept.keep(cache.hash, cache.object);
    CHECK(cache.is_there());
    CHECK(cache.files() == 1);
    CHECK_FALSE(fs::exists(cache.scratch / "nowhere"));
}

TEST_CASE("a cache that can't be written to is no fault, and nothing stays behind") {
    const Cache cache;
    SUBCASE("a file in place of the folder") {
        std::ofstream(cache.scratch / "cache") << "no folder";
        cache.kept.keep(cache.hash, cache.object);
    }
    SUBCASE("a folder in place of the file") {
        fs::create_directories(cache.path() + "/sub");
        cache.kept.keep(cache.hash, cache.object);
        CHECK(cache.files() == 1);
    }
    CHECK_FALSE(cache.is_there());
}

TEST_CASE("several that keep, find and damage one object see it whole or not at all") {
    const Cache cache;
    std::atomic<int> found = 0, wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&, i] {
                for (int round = 0; round < 200; ++round) {
                    if (i == 0 && round % 3 == 0)
                        cache.write(random_bytes(100, static_cast<std::uint64_t>(round)));
                    cache.kept.keep(cache.hash, cache.object);
                    if (const auto now = cache.kept.find(cache.hash, 5000)) {
                        ++found;
                        wrong += *now == cache.object ? 0 : 1;
                    }
                }
            });
    }
    CHECK(found > 0);
    CHECK(wrong == 0);
    cache.kept.keep(cache.hash, cache.object);
    CHECK(cache.is_there());
    CHECK(cache.files() == 1);
}
