// SPDX-License-Identifier: Apache-2.0
#include "store/spool.hpp"

#include "store/memory.hpp"

#include "random_bytes.hpp"
#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace saoluu;
using namespace saoluu::test;
using store::Spool;

TEST_CASE("a spool gives back what it was given, as often as it is asked") {
    const ScratchFolder folder;
    auto spool = Spool::create(folder / "made/when/missing");
    REQUIRE(spool);
    const util::Bytes bytes = random_bytes(300'000, 1);
    for (std::size_t at = 0; at < bytes.size(); at += 70'001)
        REQUIRE(spool->append(
            util::BytesView(bytes).subspan(at, std::min<std::size_t>(70'001, bytes.size() - at))));
    spool->close();
    CHECK(spool->size() == bytes.size());
    CHECK(spool->sha256() == crypto::sha256(bytes));
    for (int i = 0; i < 2; ++i) {
        util::Bytes back(1000);
        REQUIRE(spool->read(123'456, back));
        CHECK(util::equal(back, util::BytesView(bytes).subspan(123'456, 1000)));
    }
}

TEST_CASE("a spool leaves no file that has a name") {
    const ScratchFolder folder;
    auto spool = Spool::create(folder / "spool");
    REQUIRE(spool);
    REQUIRE(spool->append(random_bytes(10, 1)));
    CHECK(std::filesystem::is_empty(folder / "spool"));
    CHECK((std::filesystem::status(folder / "spool").permissions() &
           std::filesystem::perms::others_all) == std::filesystem::perms::none);
}

TEST_CASE("a spool whose folder can't be made says which") {
    const ScratchFolder folder;
    std::ofstream(folder / "file") << "x";
    const auto spool = Spool::create(folder / "file/below");
    REQUIRE(!spool);
    CHECK(spool.error().message().find(folder / "file") != std::string::npos);
}

TEST_CASE("what is staged in a spool is put whole, or not at all") {
    const ScratchFolder folder;
    const auto store = store::make_memory_store();
    {
        auto dropped = store::stage_in_spool(*store, folder / "spool");
        REQUIRE(dropped);
        REQUIRE((*dropped)->append(random_bytes(10, 1)));
    }
    CHECK(store::list_all(*store, "")->empty());
    auto staged = store::stage_in_spool(*store, folder / "spool");
    REQUIRE(staged);
    const util::Bytes bytes = random_bytes(1'000'000, 2);
    REQUIRE((*staged)->append(bytes));
    CHECK((*staged)->commit("packs/a") == store::Put::created);
    CHECK(!(*staged)->commit("packs/b"));
    CHECK(store->get("packs/a", bytes.size()) == bytes);
}
