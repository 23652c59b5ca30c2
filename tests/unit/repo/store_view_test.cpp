// SPDX-License-Identifier: Apache-2.0
<<<<<<< HEAD
#include "repo/store_view.hpp"

#include "store/forwarding.hpp"
#include "store/memory.hpp"

#include "scratch_folder.hpp"
#include "sessions.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

using namespace saoluu;
using namespace saoluu::test;
using repo::KeptObjects;
=======
// What a view of a store shows is what the store shows, wherever its pages end.
#include "repo/store_view.hpp"

#include "repository_case.hpp"

#include <cstdio>

using namespace saoluu;
using namespace saoluu::test;
>>>>>>> d2477d1 (tests: Try several places, views and kept objects)
using repo::StoreView;

namespace {

<<<<<<< HEAD
/// Lists in pages of a thousand objects of any name, and counts what a service would be asked.
class PagingStore final : public store::ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;

    std::vector<std::string> requests;

    [[nodiscard]] store::Nature nature() const override {
        return {.is_remote = true, .lists_in_pages = true, .requests_at_once = 4};
    }
    Result<store::Put> put(std::string_view name, util::BytesView bytes) override {
        requests.push_back(fmt::format("put {}", name));
        return base().put(name, bytes);
    }
    Result<store::Put> put_from(std::string_view name, const store::Source& source) override {
        requests.push_back(fmt::format("put {}", name));
        return base().put_from(name, source);
    }
    Result<util::Bytes> get(std::string_view name, std::uint64_t most) override {
        requests.push_back(fmt::format("get {}", name));
        return base().get(name, most);
    }
    Result<void> read(std::string_view name, std::uint64_t at, std::span<std::byte> out) override {
        requests.push_back(fmt::format("read {}", name));
        return base().read(name, at, out);
    }
    Result<store::ObjectInfo> stat(std::string_view name) override {
        requests.push_back(fmt::format("stat {}", name));
        return base().stat(name);
    }
    Result<void> list(std::string_view prefix, std::string_view after,
                      const std::function<bool(const store::ObjectInfo&)>& each) override {
        std::size_t shown = 0;
        requests.push_back(fmt::format("list {} after {}", prefix, after));
        return base().list(prefix, after, [&](const store::ObjectInfo& object) {
            if (shown > 0 && shown % 1000 == 0)
                requests.push_back("list, next page");
            ++shown;
            return each(object);
        });
    }
=======
/// A store of names alone, which lists in pages of a thousand, and counts them.
class Pages final : public store::Store {
public:
    std::vector<std::string> names;
    std::size_t requests = 0;

    void add(const std::string& prefix, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            char number[32];
            std::snprintf(number, sizeof number, "%06zu", i);
            names.push_back(prefix + number);
        }
        std::ranges::sort(names);
    }
    Result<void> list(std::string_view prefix, std::string_view after,
                      const std::function<bool(const store::ObjectInfo&)>& each) override {
        ++requests;
        std::size_t shown = 0;
        for (const std::string& name : names) {
            if (!name.starts_with(prefix) || name <= after)
                continue;
            if (shown != 0 && shown % 1000 == 0)
                ++requests;
            ++shown;
            if (!each({.name = name, .size = name.size()}))
                break;
        }
        return {};
    }
    [[nodiscard]] store::Nature nature() const override {
        return {.is_remote = true, .lists_in_pages = true};
    }
    Result<store::Put> put(std::string_view, util::BytesView) override { return no(); }
    Result<std::unique_ptr<store::Staged>> stage() override { return no(); }
    Result<util::Bytes> get(std::string_view, std::uint64_t) override { return no(); }
    Result<void> read(std::string_view, std::uint64_t, std::span<std::byte>) override {
        return no();
    }
    Result<store::ObjectInfo> stat(std::string_view) override { return no(); }
    Result<void> remove(std::string_view) override { return no(); }
    [[nodiscard]] std::string describe() const override { return "pages"; }

private:
    static Failure no() { return fail(ErrorKind::failure, "only listings"); }
>>>>>>> d2477d1 (tests: Try several places, views and kept objects)
};

std::vector<std::string> names_of(const std::vector<store::ObjectInfo>& objects) {
    std::vector<std::string> names;
    for (const store::ObjectInfo& object : objects)
        names.push_back(object.name);
    return names;
}

<<<<<<< HEAD
} // namespace

TEST_CASE("a view lists what the store lists, wherever its page ends") {
    // Packs of every number that brings the end of the page before, into and behind a prefix.
    for (const int packs : {0, 1, 500, 977, 978, 979, 980, 989, 990, 991, 1000, 1500}) {
        CAPTURE(packs);
        const auto memory = store::make_memory_store();
        for (int i = 0; i < 10; ++i)
            for (const char* prefix : {"index/", "ledger/a/", "marks/", "roster/", "snapshots/x"})
                must(memory->put(fmt::format("{}{}", prefix, i), {}));
        for (int i = 0; i < packs; ++i)
            must(memory->put(fmt::format("packs/{:04}", i), {}));
        must(memory->put("format", {}));
        must(memory->put("place", {}));
        PagingStore paging(*memory);
        const auto view = must(StoreView::of(paging, nullptr, {"ledger/", "marks/", "roster/"}));
        const std::size_t asked = paging.requests.size();
        CHECK(asked == 1);
        for (const char* prefix :
             {"ledger/", "marks/", "packs/", "roster/", "index/", "snapshots/", "format"}) {
            CAPTURE(prefix);
            CHECK(names_of(must(view.list_all(prefix))) ==
                  names_of(must(store::list_all(*memory, prefix))));
        }
        paging.requests.clear();
        must(view.list_all("ledger/"));
        must(view.list_all("marks/"));
        CHECK(paging.requests.empty());
        must(view.list_all("roster/"));
        CHECK(paging.requests.size() == (20 + packs + 1 + 10 < 1000 ? 0 : 1));
    }
}

TEST_CASE(
    "a view shows what came before it, and needs no more than the store for what came since") {
    const auto memory = store::make_memory_store();
    must(memory->put("marks/a", {}));
    PagingStore paging(*memory);
    const auto before = must(StoreView::of(paging, nullptr, {"marks/"}));
    must(memory->put("marks/b", {}));
    CHECK(names_of(must(before.list_all("marks/"))).front() == "marks/a");
    const auto after = must(StoreView::of(paging, nullptr, {"marks/"}));
    CHECK(must(after.list_all("marks/")).size() == 2);
}

TEST_CASE("kept objects are believed only if they have the hash in their name") {
    const ScratchFolder folder;
    const KeptObjects kept(folder / "kept");
    const util::Bytes bytes = random_bytes(1000, 1);
    const crypto::Hash hash = crypto::hash(bytes);
    CHECK(!kept.find(hash, 4096));
    kept.keep(crypto::hash(random_bytes(10, 2)), bytes); // not what its name says
    CHECK(!std::filesystem::exists(folder / "kept"));
    kept.keep(hash, bytes);
    CHECK(kept.find(hash, 4096) == bytes);
    CHECK(!kept.find(hash, 999)); // larger than its reader allows
    const std::string path = folder / ("kept/" + hash.hex());
    for (const char* harm : {"", "x", "cut"}) {
        std::ofstream(path, std::ios::trunc) << harm;
        CHECK(!kept.find(hash, 4096));
    }
    kept.keep(hash, bytes);
    CHECK(kept.find(hash, 4096) == bytes);
}

TEST_CASE("a backup of nothing new makes at most ten requests") {
    const RepositoryCase repository;
    const auto base = repository.store();
    const auto once = [&] {
        auto paging = std::make_unique<PagingStore>(*base);
        std::vector<std::string>& requests = paging->requests;
        Told told;
        repo::Access access =
            must(repo::open_access_over(std::move(paging), repository.options(key::kBackup), told));
        commit_snapshot(access, {"one", "two"});
        CHECK_MESSAGE(told.findings.empty(), told.text());
        return requests;
    };
    once();
    for (int i = 0; i < 3; ++i) {
        const std::vector<std::string> requests = once();
        std::string all;
        for (const std::string& request : requests)
            all += request + "\n";
        CHECK_MESSAGE(requests.size() <= 10, all);
=======
constexpr const char* kPrefixes[] = {"format/", "index/",     "keys/", "ledger/", "marks/",
                                     "packs/",  "snapshots/", "z/",    "packs/0", "packs/000999"};

void demand_same(Pages& store, const StoreView& view) {
    for (const char* prefix : kPrefixes) {
        CAPTURE(prefix);
        CHECK(names_of(must(view.list_all(prefix))) ==
              names_of(must(store::list_all(store, prefix))));
        // A listing that the caller ends early ends there.
        std::size_t shown = 0;
        must(view.list(prefix, [&](const store::ObjectInfo&) { return ++shown < 2; }));
        CHECK(shown <= 2);
    }
}

} // namespace

TEST_CASE("a view lists what the store lists, wherever its page ends") {
    // So many marks, which the ledger lies before and the packs behind.
    for (const std::size_t marks : {0, 1, 997, 998, 999, 1000, 1001, 1002, 2001})
        for (const std::size_t ledger : {0, 1, 2, 999, 1000, 1001})
            for (const std::size_t packs : {0, 1, 3}) {
                CAPTURE(marks);
                CAPTURE(ledger);
                CAPTURE(packs);
                Pages store;
                store.names = {"format/1", "keys/1", "place", "rosters/1"};
                store.add("ledger/", ledger);
                store.add("marks/", marks);
                store.add("packs/", packs);
                store.add("index/", 2);
                demand_same(store, must(StoreView::of(store, nullptr, {"ledger/", "marks/"})));
                demand_same(store, must(StoreView::of(store, nullptr, {"packs/", "ledger/"})));
                demand_same(store, must(StoreView::of(store, nullptr, {"marks/"})));
                demand_same(store, must(StoreView::of(store, nullptr, {"index/", "snapshots/"})));
                demand_same(store, StoreView(store));
            }
}

TEST_CASE("one page answers for all prefixes that it shows whole") {
    Pages store;
    store.add("ledger/", 300);
    store.add("marks/", 2);
    store.add("packs/", 600);
    const StoreView view = must(StoreView::of(store, nullptr, {"packs/", "marks/", "ledger/"}));
    CHECK(must(view.list_all("ledger/")).size() == 300);
    CHECK(must(view.list_all("marks/")).size() == 2);
    CHECK(must(view.list_all("packs/")).size() == 600);
    CHECK(store.requests == 1);
    // What is behind the page is asked for from where it ended.
    store.add("packs2/", 900);
    store.add("packs/x", 900);
    store.requests = 0;
    const StoreView cut = must(StoreView::of(store, nullptr, {"packs/", "marks/", "ledger/"}));
    CHECK(store.requests == 1);
    CHECK(must(cut.list_all("marks/")).size() == 2);
    CHECK(store.requests == 1);
    CHECK(must(cut.list_all("packs/")).size() == 1500);
    CHECK(store.requests == 2);
}

TEST_CASE("a view shows all that was there before it, and need not show what came later") {
    for (const std::size_t count : {10, 999, 1000, 1500}) {
        CAPTURE(count);
        Pages store;
        store.add("packs/", count);
        store.add("marks/", 3);
        const StoreView view = must(StoreView::of(store, nullptr, {"marks/", "packs/"}));
        const auto before = store.names;
        store.add("packs/0000a", 3);
        store.add("packs/z", 3);
        const auto now = names_of(must(view.list_all("packs/")));
        for (const std::string& name : before)
            if (name.starts_with("packs/"))
                CHECK(std::ranges::binary_search(now, name));
        CHECK(std::ranges::is_sorted(now));
        CHECK(std::ranges::adjacent_find(now) == now.end());
>>>>>>> d2477d1 (tests: Try several places, views and kept objects)
    }
}
