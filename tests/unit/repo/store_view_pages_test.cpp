// SPDX-License-Identifier: Apache-2.0
// What a view of a store shows is what the store shows, wherever its pages end.
#include "repo/store_view.hpp"

#include "repository_case.hpp"

#include <cstdio>

using namespace saoluu;
using namespace saoluu::test;
using repo::StoreView;

namespace {

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
};

std::vector<std::string> names_of(const std::vector<store::ObjectInfo>& objects) {
    std::vector<std::string> names;
    for (const store::ObjectInfo& object : objects)
        names.push_back(object.name);
    return names;
}

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
    for (const std::size_t marks : {0UL, 1UL, 997UL, 998UL, 999UL, 1000UL, 1001UL, 1002UL, 2001UL})
        for (const std::size_t ledger : {0UL, 1UL, 2UL, 999UL, 1000UL, 1001UL})
            for (const std::size_t packs : {0UL, 1UL, 3UL}) {
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
    for (const std::size_t count : {10UL, 999UL, 1000UL, 1500UL}) {
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
    }
}
