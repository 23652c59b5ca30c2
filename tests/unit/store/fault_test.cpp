// SPDX-License-Identifier: Apache-2.0
#include "store/fault.hpp"

#include "store/local.hpp"
#include "store/memory.hpp"

#include "random_bytes.hpp"
#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace saoluu;
using store::Fault;
using store::FaultStore;
using store::Operation;
using store::Put;

namespace {

const util::Bytes kSome = test::random_bytes(1000, 1);

std::size_t files_in(const std::string& folder) {
    const std::filesystem::directory_iterator all(folder);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

} // namespace

TEST_CASE("the n-th operation fails and does nothing, the others work") {
    FaultStore store(store::make_memory_store());
    store.plan({.at = 2, .fault = Fault::fail, .kind = ErrorKind::no_space});
    CHECK(store.put("a", kSome));
    CHECK_FALSE(store.has_struck());
    const auto second = store.put("b", kSome);
    REQUIRE_FALSE(second);
    CHECK(second.error().kind() == ErrorKind::no_space);
    CHECK(second.error().may_retry());
    CHECK(store.has_struck());
    CHECK(store.put("b", kSome));
    CHECK(store.operations() == 3);
}

TEST_CASE("a lost answer is an error of what was done") {
    FaultStore store(store::make_memory_store());
    store.plan({.at = 1, .fault = Fault::lose_answer});
    CHECK_FALSE(store.put("a", kSome));
    CHECK(*store.get("a", 1000) == kSome);
    CHECK(*store.put("a", kSome) == Put::exists);

    store.plan({.at = 1, .fault = Fault::lose_answer});
    CHECK_FALSE(store.remove("a"));
    CHECK_FALSE(store.stat("a"));

    auto staged = store.stage();
    REQUIRE((*staged)->append(kSome));
    store.plan({.at = 1, .fault = Fault::lose_answer});
    CHECK_FALSE((*staged)->commit("b"));
    CHECK(store.stat("b"));
}

TEST_CASE("a torn put lies in tmp/ and is never visible") {
    const test::ScratchFolder folder;
    FaultStore store(*store::open_local_store(folder.path(), store::MissingFolder::refuse));
    store.plan({.at = 1, .fault = Fault::tear});
    CHECK_FALSE(store.put("a", kSome));
    auto staged = store.stage();
    REQUIRE((*staged)->append(kSome));
    store.plan({.at = 1, .fault = Fault::tear});
    CHECK_FALSE((*staged)->commit("b"));
    staged->reset();

    CHECK(store::list_all(store, "")->empty());
    CHECK(files_in(folder / "tmp") == 2);
    CHECK(*store.put("a", kSome) == Put::created);
}

TEST_CASE("a torn listing shows its first half and is an error") {
    FaultStore store(store::make_memory_store());
    for (const char* name : {"a", "b", "c", "d"})
        REQUIRE(store.put(name, kSome));
    store.plan({.at = 1, .fault = Fault::tear});
    std::string seen;
    CHECK_FALSE(store.list("", "", [&](const auto& object) {
        seen += object.name;
        return true;
    }));
    CHECK(seen == "ab");
}

TEST_CASE("an object on a bad sector can't be read, and all else works") {
    FaultStore store(store::make_memory_store());
    REQUIRE(store.put("a", kSome));
    REQUIRE(store.put("b", kSome));
    store.plan({.object = "a"});
    util::Bytes part(10);
    for (int i = 0; i < 2; ++i) {
        const auto bad = store.get("a", 1000);
        REQUIRE_FALSE(bad);
        CHECK(bad.error().kind() == ErrorKind::io);
        CHECK_FALSE(store.read("a", 0, part));
        CHECK(store.read("b", 0, part));
        CHECK(store.stat("a"));
    }
    CHECK(store.has_struck());
    CHECK(store::list_all(store, "")->size() == 2);
    store.plan({});
    CHECK(store.get("a", 1000));
}

TEST_CASE("after its death a process does nothing more") {
    auto memory = store::make_memory_store();
    FaultStore store(*memory);
    store.plan({.at = 2, .fault = Fault::lose_answer, .then = store::FaultPlan::Then::is_dead});
    CHECK(store.put("a", kSome));
    CHECK_FALSE(store.put("b", kSome));
    CHECK_FALSE(store.put("c", kSome));
    CHECK_FALSE(store.get("a", 1000));
    CHECK_FALSE(store.stage());
    CHECK(store::list_all(*memory, "")->size() == 2);
}

TEST_CASE("what happened is recorded as the caller saw it") {
    FaultStore store(store::make_memory_store());
    store.plan({.at = 3, .fault = Fault::fail});
    auto staged = store.stage();
    REQUIRE((*staged)->append(kSome));
    REQUIRE((*staged)->commit("a"));
    CHECK_FALSE(store::list_all(store, "x/"));
    const auto record = store.take_record();
    REQUIRE(record.size() == 3);
    CHECK(record[0].operation == Operation::stage);
    CHECK(record[1].operation == Operation::commit);
    CHECK(record[1].name == "a");
    CHECK(record[1].succeeded);
    CHECK(record[2].operation == Operation::list);
    CHECK(record[2].name == "x/");
    CHECK_FALSE(record[2].succeeded);
    CHECK(store.take_record().empty());
}
