// SPDX-License-Identifier: Apache-2.0
// One backup into several places: what is the same at each, and what becomes of one that fails.
#include "format/text_objects.hpp"
#include "repo/marks.hpp"
#include "store/forwarding.hpp"
#include "three_snapshots.hpp"

#include "saoluu/mirror.hpp"

using namespace saoluu;
using namespace saoluu::test;
using store::Fault;
using store::FaultPlan;
using store::FaultStore;
namespace fs = std::filesystem;

namespace {

/// As if it lay behind a network: what is put goes through a spool.
class FarStore final : public store::ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;
    [[nodiscard]] store::Nature nature() const override {
        return {.is_remote = true, .requests_at_once = 3};
    }
    Result<std::unique_ptr<store::Staged>> stage() override {
        FAIL("a far store was asked to stage");
        return fail(ErrorKind::failure, "");
    }
    Result<store::Put> put_from(std::string_view name, const store::Source& source) override {
        util::Bytes bytes(static_cast<std::size_t>(source.size()));
        TRY(source.read(0, bytes));
        CHECK(source.sha256() == crypto::sha256(bytes));
        return base().put(name, bytes);
    }
};

/// A repository, copies of it, and a tree to back up.
struct Places {
    RepositoryCase repository;
    std::string source = repository.path("source"), target = repository.path("out");
    std::vector<std::string> folders;

    explicit Places(std::size_t copies = 1) : folders{repository.location()} {
        fs::create_directory(source);
        for (int i = 0; i < 3; ++i)
            write_file(source + "/" + std::to_string(i),
                       random_bytes(700'000, static_cast<std::uint64_t>(i)));
        for (std::size_t i = 0; i < copies; ++i) {
            folders.push_back(repository.path("copy" + std::to_string(i)));
            catch_up(folders.size() - 1);
        }
    }
    void catch_up(std::size_t place) const {
        MirrorOptions options;
        options.from = repository.options(key::kBackup, "mirror");
        options.to = folders[place];
        Told told;
        must(mirror(options, told, {}));
    }
    [[nodiscard]] OpenOptions options(std::size_t place, std::string_view key) const {
        OpenOptions options = repository.options(key);
        options.location = folders[place];
        return options;
    }
    [[nodiscard]] std::unique_ptr<store::Store> store(std::size_t place) const {
        return must(repo::open_store(folders[place], {}, store::MissingFolder::refuse));
    }
    [[nodiscard]] Repository open(std::size_t place, std::string_view key = key::kBackup) const {
        return open_over(place, store(place), key);
    }
    [[nodiscard]] Repository open_over(std::size_t place, std::unique_ptr<store::Store> over,
                                       std::string_view key = key::kBackup) const {
        Told told;
        return Repository(std::make_unique<Repository::Impl>(Repository::Impl{
            must(repo::open_access_over(std::move(over), options(place, key), told))}));
    }
    [[nodiscard]] Result<BackupSummary> run(std::vector<Repository>& places, Events& events) const {
        std::vector<Repository*> all;
        for (Repository& place : places)
            all.push_back(&place);
        BackupOptions options;
        options.sources = {source};
        options.threads = 2;
        return backup(all, options, events, {});
    }
    [[nodiscard]] std::vector<Repository> open_all() const {
        std::vector<Repository> all;
        for (std::size_t i = 0; i < folders.size(); ++i)
            all.push_back(open(i));
        return all;
    }
    [[nodiscard]] std::map<std::string, util::Bytes> objects(std::size_t place,
                                                             std::string_view prefix) const {
        std::map<std::string, util::Bytes> all;
        const auto from = store(place);
        for (const store::ObjectInfo& info : must(store::list_all(*from, prefix)))
            all.emplace(info.name, must(from->get(info.name, 64 << 20)));
        return all;
    }
    /// The place checks sound, and its latest snapshot gives back the tree.
    void demand_whole(std::size_t place) const {
        CAPTURE(place);
        Repository reader = open(place, key::kReader);
        Told told;
        const CheckReport report = check_all(reader, told);
        CHECK_MESSAGE(report.sound(), told.text());
        fs::remove_all(target);
        restore_to(reader, "latest", source, target);
        CHECK(tree_of(source) == tree_of(target));
    }
};

std::map<std::string, util::Bytes> ending_with(std::map<std::string, util::Bytes> objects,
                                               std::string_view end) {
    std::erase_if(objects, [&](const auto& object) { return !object.first.ends_with(end); });
    return objects;
}

} // namespace

TEST_CASE("one run gives several places the same snapshot") {
    const Places places(2);
    std::vector<Repository> all = places.open_all();
    Told told;
    const BackupSummary summary = must(places.run(all, told));
    CHECK(summary.complete());
    CHECK_MESSAGE(told.count(Severity::warning) == 0, told.text());
    for (std::size_t i = 0; i < places.folders.size(); ++i) {
        CHECK(places.objects(i, "packs/") == places.objects(0, "packs/"));
        CHECK(places.objects(i, "index/") == places.objects(0, "index/"));
        const auto done = ending_with(places.objects(i, "snapshots/"), "/done");
        CHECK(done.size() == 1);
        CHECK(done == ending_with(places.objects(0, "snapshots/"), "/done"));
        places.demand_whole(i);
    }
    // `open` is each place's own.
    CHECK(ending_with(places.objects(0, "snapshots/"), "/open") !=
          ending_with(places.objects(1, "snapshots/"), "/open"));
    // All of them know it all now.
    std::vector<Repository> again = places.open_all();
    CHECK(must(places.run(again, told)).new_chunks == 0);
}

TEST_CASE("a place behind a network gets the same through a spool") {
    const Places places(2);
    for (const bool is_first_far : {false, true}) {
        CAPTURE(is_first_far);
        std::vector<Repository> all;
        for (std::size_t i = 0; i < places.folders.size(); ++i) {
            const bool is_far = i == 1 || (i == 0 && is_first_far);
            all.push_back(is_far ? places.open_over(i, std::make_unique<FarStore>(places.store(i)))
                                 : places.open(i));
        }
        Told told;
        CHECK(must(places.run(all, told)).complete());
        write_file(places.source + "/more", random_bytes(300'000, 9));
        CHECK(must(places.run(all, told)).complete());
        CHECK(places.objects(0, "packs/") == places.objects(1, "packs/"));
        for (std::size_t i = 0; i < places.folders.size(); ++i)
            places.demand_whole(i);
        write_file(places.source + "/more", random_bytes(300'000, 10));
    }
}

TEST_CASE("what one place lacks is stored anew at every place") {
    const Places places;
    std::vector<Repository> all = places.open_all();
    Told told;
    must(places.run(all, told));
    const auto from = places.store(1);
    for (const auto& [name, bytes] : places.objects(1, "packs/"))
        must(from->remove(name));
    std::vector<Repository> again = places.open_all();
    CHECK(must(places.run(again, told)).new_chunks > 0);
    places.demand_whole(0);
    Repository reader = places.open(1, key::kReader);
    fs::remove_all(places.target);
    restore_to(reader, "latest", places.source, places.target);
    CHECK(tree_of(places.source) == tree_of(places.target));
}

TEST_CASE("a place that fails at any moment is left behind, and the other has it all") {
    // The place dies at its n-th operation and stays dead.
    for (std::uint64_t n = 1;; n += 2) {
        CAPTURE(n);
        const Places places;
        auto failing = std::make_unique<FaultStore>(places.store(1));
        FaultStore& faults = *failing;
        std::vector<Repository> all;
        all.push_back(places.open(0));
        all.push_back(places.open_over(1, std::move(failing)));
        const Fault kind = n % 4 == 1 ? Fault::fail : Fault::lose_answer;
        faults.plan({.at = n, .fault = kind, .then = FaultPlan::Then::is_dead});
        Told told;
        const BackupSummary summary = must(places.run(all, told));
        const bool has_struck = faults.has_struck();
        places.demand_whole(0);
        if (has_struck) {
            REQUIRE(summary.late.size() == 1);
            CHECK(!summary.complete());
            CHECK(told.count(Severity::warning) >= 1);
        } else {
            CHECK(summary.complete());
        }
        // Nothing half shows there, and it catches up by either way.
        {
            Repository reader = places.open(1, key::kReader);
            Told there;
            CHECK_MESSAGE(check_all(reader, there).sound(), there.text());
        }
        if (n % 3 == 0)
            places.catch_up(1);
        std::vector<Repository> next = places.open_all();
        CHECK(must(places.run(next, told)).complete());
        places.demand_whole(1);
        if (!has_struck)
            break;
        REQUIRE(n < 500);
    }
}

TEST_CASE("where every place fails the run fails, and nothing half is there") {
    const Places places;
    std::vector<Repository> all;
    for (std::size_t i = 0; i < 2; ++i) {
        auto failing = std::make_unique<FaultStore>(places.store(i));
        failing->plan({.at = 5 + i, .fault = Fault::fail, .then = FaultPlan::Then::is_dead});
        FaultStore* faults = failing.get();
        all.push_back(places.open_over(i, std::move(failing)));
        faults->plan({.at = 8 + 3 * i, .fault = Fault::fail, .then = FaultPlan::Then::is_dead});
    }
    Told told;
    CHECK(fails(places.run(all, told), ErrorKind::io));
    for (std::size_t i = 0; i < 2; ++i)
        CHECK(ending_with(places.objects(i, "snapshots/"), "/done").empty());
    std::vector<Repository> next = places.open_all();
    CHECK(must(places.run(next, told)).complete());
    places.demand_whole(0);
    places.demand_whole(1);
}

TEST_CASE("places that do not belong together are refused") {
    const Places places;
    Told told;
    {
        std::vector<Repository> twice;
        twice.push_back(places.open(0));
        twice.push_back(places.open(0));
        CHECK(fails(places.run(twice, told), ErrorKind::usage));
    }
    {
        const RepositoryCase other;
        std::vector<Repository> strangers;
        strangers.push_back(places.open(0));
        strangers.push_back(other.open(key::kBackup));
        // The template's repository is copied: only its place tells them apart.
        const Result<BackupSummary> done = places.run(strangers, told);
        CHECK(fails(done, ErrorKind::usage));
    }
    {
        std::vector<Repository> keys;
        keys.push_back(places.open(0));
        keys.push_back(places.open(1, key::kOther));
        CHECK(fails(places.run(keys, told), ErrorKind::usage));
    }
}

TEST_CASE("a place that has not heard of the newest list of keys is left behind") {
    const Places places;
    Repository founder = places.open(0, key::kFounder);
    must(issue_key(founder, {.role = Role::backup,
                             .holder = "Đỗ Văn Mới",
                             .unit = "",
                             .domain = "",
                             .expires = {},
                             .secret = Credential::KeyFile{places.repository.path("new.key")}}));
    std::vector<Repository> all = places.open_all();
    Told told;
    const BackupSummary summary = must(places.run(all, told));
    REQUIRE(summary.late.size() == 1);
    CHECK(summary.late.front().why.find("mirror") != std::string::npos);
    places.demand_whole(0);
    places.catch_up(1);
    std::vector<Repository> next = places.open_all();
    CHECK(must(places.run(next, told)).complete());
    places.demand_whole(1);
}
