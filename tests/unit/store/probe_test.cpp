// SPDX-License-Identifier: Apache-2.0
#include "store/probe.hpp"

#include "store/forwarding.hpp"
#include "store/local.hpp"
#include "store/memory.hpp"

#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>

using namespace saoluu;
using store::Put;

namespace {

/// Refuses a name that it has had before, but only if nobody else is just putting it: looks first,
/// as SMB's rename does.
class LooksFirst final : public store::ForwardingStore {
public:
    explicit LooksFirst(store::Store& base) : ForwardingStore(base), base_(base) {}
    Result<Put> put(std::string_view name, util::BytesView bytes) override {
        const bool is_there = base_.stat(name).has_value();
        const auto count = [&](int more) {
            const std::lock_guard lock(mutex_);
            return looked_[std::string(name)] += more;
        };
        count(1);
        if (is_there)
            return Put::exists;
        // Gives another time to look too; one that puts alone waits in vain.
        for (int i = 0; i < 20'000 && count(0) < 2; ++i)
            std::this_thread::yield();
        (void)base_.remove(name);
        (void)base_.put(name, bytes);
        return Put::created;
    }

private:
    store::Store& base_;
    std::mutex mutex_;
    std::map<std::string, int> looked_;
};

/// A store whose account may put and read only, or whose removals fail otherwise.
class Unremovable final : public store::ForwardingStore {
public:
    Unremovable(store::Store& base, ErrorKind kind) : ForwardingStore(base), kind_(kind) {}
    Result<void> remove(std::string_view name) override {
        return fail(kind_, std::string(name) + ": not removed");
    }

private:
    ErrorKind kind_;
};

} // namespace

TEST_CASE("a store whose account may remove nothing is probed as any other") {
    const auto memory = store::make_memory_store();
    Unremovable store(*memory, ErrorKind::denied);
    const auto facts = store::probe(store);
    REQUIRE(facts);
    CHECK(facts->at("exclusive-create") == "yes");
}

TEST_CASE("a store that fails while it is probed is not taken for one that denies") {
    const auto memory = store::make_memory_store();
    Unremovable store(*memory, ErrorKind::io);
    const auto facts = store::probe(store);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().kind() == ErrorKind::io);
}

TEST_CASE("the probe finds what a folder can do, and leaves nothing") {
    const test::ScratchFolder scratch;
    const auto store = *store::open_local_store(scratch.path(), store::MissingFolder::refuse);
    const auto facts = store::probe(*store);
    REQUIRE(facts);
    CHECK(facts->at("exclusive-create") == "yes");
    CHECK(!facts->at("filesystem").empty());
    CHECK(facts->at("case") == "sensitive");
    for (const char* fact : {"folder-sync", "link", "rename-noreplace", "locks"})
        CHECK_MESSAGE(facts->at(fact) == "yes", fact);
    CHECK(std::filesystem::is_empty(scratch / "tmp"));
}

TEST_CASE("a store that looks before it puts is found out by racing") {
    const auto memory = store::make_memory_store();
    LooksFirst store(*memory);
    const auto is_exclusive = store::has_exclusive_create(store);
    REQUIRE(is_exclusive);
    CHECK(!*is_exclusive);
}

TEST_CASE("a store that creates once is found exclusive") {
    const auto memory = store::make_memory_store();
    CHECK(*store::has_exclusive_create(*memory));
}
