// SPDX-License-Identifier: Apache-2.0
#include "repo/store_view.hpp"

#include "store/forwarding.hpp"
#include "store/memory.hpp"

#include "random_bytes.hpp"
#include "scratch_folder.hpp"
#include "sessions.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

using namespace saoluu;
using namespace saoluu::test;
using repo::KeptObjects;
using repo::StoreView;

namespace {

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
};

std::vector<std::string> names_of(const std::vector<store::ObjectInfo>& objects) {
    std::vector<std::string> names;
    for (const store::ObjectInfo& object : objects)
        names.push_back(object.name);
    return names;
}

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
    }
}
