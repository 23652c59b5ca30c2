// SPDX-License-Identifier: Apache-2.0
// One run into several copies of a repository: each gets the same snapshot, and one that fails
// costs the others nothing.
#include "repo/session_object.hpp"
#include "several_places.hpp"

#include <condition_variable>

using namespace saoluu;
using namespace saoluu::test;
using store::FaultStore;
namespace fs = std::filesystem;

namespace {

/// A store behind a network, as far as a run can tell.
class Remote : public store::ForwardingStore {
public:
    using ForwardingStore::ForwardingStore;
    [[nodiscard]] store::Nature nature() const override {
        return {.is_remote = true, .lists_in_pages = true, .requests_at_once = 2};
    }
};

/// Does something once, when an object whose name ends so was put.
class AfterPut final : public store::ForwardingStore {
public:
    AfterPut(std::unique_ptr<store::Store> base, std::string end,
             std::function<void(const std::string&)> act)
        : ForwardingStore(std::move(base)), end_(std::move(end)), act_(std::move(act)) {}
    Result<store::Put> put(std::string_view name, util::BytesView bytes) override {
        Result<store::Put> done = base().put(name, bytes);
        if (name.ends_with(end_) && !std::exchange(is_done_, true))
            act_(std::string(name));
        return done;
    }

private:
    std::string end_;
    std::function<void(const std::string&)> act_;
    bool is_done_ = false;
};

format::SessionId session_of(const std::string& open_name) {
    return *format::SessionId::from_hex_text(open_name.substr(10, open_name.find('/', 10) - 10));
}

} // namespace

TEST_CASE("one run gives each place the same snapshot, and a second one finds nothing new") {
    for (const std::size_t count : {2UL, 3UL}) {
        CAPTURE(count);
        const SeveralPlaces places(count);
        Opened opened = places.open();
        const BackupSummary first = must(opened.back_up(places.source));
        CHECK(first.late.empty());
        CHECK(first.packs > 0);
        const std::string folder = "snapshots/" + first.snapshot + "/";
        for (std::size_t i = 0; i < count; ++i) {
            CAPTURE(i);
            for (const std::string prefix : {"packs/", "index/", "snapshots/"})
                CHECK(places.names(i, prefix) == places.names(0, prefix));
            for (const std::string& name : places.names(i, "packs/"))
                CHECK(places.read(i, name) == places.read(0, name));
            CHECK(places.read(i, folder + "done") == places.read(0, folder + "done"));
            const repo::Access& access = opened.of(i);
            const auto open = must(
                repo::open_session_object(access, *format::SessionId::from_hex_text(first.snapshot),
                                          places.read(i, folder + "open")));
            CHECK(std::get<format::OpenObject>(open.value).place == access.place.place);
        }
        const BackupSummary second = must(opened.back_up(places.source));
        CHECK(second.new_chunks <= 1); // of the folders above, which other tests change
        CHECK(second.unchanged_files == first.files);
        for (std::size_t i = 0; i < count; ++i)
            places.demand_whole(i, 2);
    }
}

TEST_CASE("places nearby and behind a network get the same, and leave nothing in the spool") {
    const SeveralPlaces places(3);
    Opened opened = places.open(
        [](std::size_t i, std::unique_ptr<store::Store> store) -> std::unique_ptr<store::Store> {
            return i == 0 ? std::move(store) : std::make_unique<Remote>(std::move(store));
        });
    for (std::size_t i = 0; i < 3; ++i)
        opened.of(i).spool_folder = places.repository.path("spool");
    const BackupSummary summary = must(opened.back_up(places.source));
    CHECK(summary.late.empty());
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(places.names(i, "packs/") == places.names(0, "packs/"));
        places.demand_whole(i, 1);
    }
    CHECK(fs::is_empty(places.repository.path("spool")));
}

TEST_CASE("what one place lacks is stored anew, and is whole everywhere then") {
    const SeveralPlaces places(2);
    {
        Opened opened = places.open();
        must(opened.back_up(places.source));
    }
    for (const std::string& name : places.names(1, "packs/"))
        must(places.store(1)->remove(name));
    BackupOptions options;
    options.force_read = true;
    SUBCASE("read anew") {}
    SUBCASE("of unchanged files") {
        options.force_read = false;
    }
    Opened opened = places.open();
    const BackupSummary summary = must(opened.back_up(places.source, options));
    CHECK(summary.late.empty());
    CHECK(summary.new_chunks > 0);
    for (std::size_t i = 0; i < 2; ++i)
        CHECK(places.restored(i));
    places.demand_whole(0, 2);
}

TEST_CASE("a place that dies at any operation is late, shows nothing half, and is brought up") {
    SeveralPlaces places(2);
    places.keep_as_template();
    FaultStore* faults = nullptr;
    const auto with_faults = [&](std::size_t bad, bool is_remote) {
        return places.open(
            [&faults, bad,
             is_remote](std::size_t i,
                        std::unique_ptr<store::Store> store) -> std::unique_ptr<store::Store> {
                if (i != bad)
                    return store;
                auto faulty = std::make_unique<FaultStore>(std::move(store));
                faults = faulty.get();
                if (is_remote)
                    return std::make_unique<Remote>(std::move(faulty));
                return faulty;
            });
    };
    std::size_t late = 0;
    for (const std::size_t bad : {0UL, 1UL})
        for (const bool is_remote : {false, true}) {
            CAPTURE(bad);
            CAPTURE(is_remote);
            for (std::uint64_t n = 1;; n += 2) {
                CAPTURE(n);
                REQUIRE(n < 500);
                places.reset_to_template();
                bool has_struck = false;
                {
                    Opened opened = with_faults(bad, is_remote);
                    const auto fault = n % 3 == 0   ? store::Fault::fail
                                       : n % 3 == 1 ? store::Fault::lose_answer
                                                    : store::Fault::tear;
                    faults->plan(
                        {.at = n, .fault = fault, .then = store::FaultPlan::Then::is_dead});
                    const Result<BackupSummary> run = opened.back_up(places.source);
                    REQUIRE_MESSAGE(run, run.error().message());
                    has_struck = faults->has_struck();
                    if (!run->late.empty()) {
                        ++late;
                        CHECK(run->late.size() == 1);
                        CHECK(run->late[0].location == opened.of(bad).store->describe());
                        CHECK_FALSE(run->complete());
                        CHECK(opened.told.has(Severity::warning));
                    }
                    CHECK(opened.told.count(Severity::alarm) == 0);
                    // A snapshot that could not be noted as acknowledged is still whole there.
                    if (run->late.empty() && has_struck)
                        CHECK(places.has_snapshot(bad, run->snapshot));
                }
                if (!has_struck)
                    break;
                places.demand_whole(1 - bad, 1);
                places.demand_sound(bad);
                if (n % 4 == 1) {
                    places.bring_up(bad, 1 - bad);
                    places.demand_whole(bad, 1);
                }
                // The next run goes to both, whatever became of that place.
                Opened again = places.open();
                const BackupSummary next = must(again.back_up(places.source));
                CHECK(next.late.empty());
                CHECK(places.restored(bad));
                places.demand_sound(bad);
                places.demand_sound(1 - bad);
            }
        }
    CHECK(late > 20);
}

TEST_CASE("where all places fail the run fails, and nothing half is seen") {
    SeveralPlaces places(2);
    places.keep_as_template();
    for (std::uint64_t n = 1; n <= 12; n += 3) {
        CAPTURE(n);
        places.reset_to_template();
        {
            std::vector<FaultStore*> faults;
            Opened opened = places.open([&](std::size_t, std::unique_ptr<store::Store> store) {
                auto faulty = std::make_unique<FaultStore>(std::move(store));
                faults.push_back(faulty.get());
                return faulty;
            });
            for (FaultStore* one : faults)
                one->plan({.at = n,
                           .fault = store::Fault::fail,
                           .kind = ErrorKind::no_space,
                           .then = store::FaultPlan::Then::is_dead});
            CHECK_FALSE(opened.back_up(places.source));
        }
        for (std::size_t i = 0; i < 2; ++i) {
            places.demand_sound(i);
            for (const std::string& name : places.names(i, "snapshots/"))
                CHECK_FALSE(name.ends_with("/done"));
        }
    }
}

TEST_CASE("a fence at one place begins the run anew at all") {
    const SeveralPlaces places(2);
    std::string fenced;
    std::size_t at = 0;
    SUBCASE("the first") {}
    SUBCASE("the last") {
        at = 1;
    }
    {
        Opened opened =
            places.open([&](std::size_t i,
                            std::unique_ptr<store::Store> store) -> std::unique_ptr<store::Store> {
                if (i != at)
                    return store;
                return std::make_unique<AfterPut>(
                    std::move(store), "/open", [&](const std::string& name) {
                        repo::Access founder = places.access(at, key::kFounder, "admin");
                        const format::SessionId session = session_of(name);
                        put_object(
                            founder, session,
                            format::Fence{.session = session, .time = 1, .mark = {}, .place = {}},
                            "done");
                        fenced = session.hex();
                    });
            });
        const BackupSummary summary = must(opened.back_up(places.source));
        CHECK(summary.late.empty());
        CHECK(summary.snapshot != fenced);
        CHECK(opened.told.has(Severity::warning));
        for (std::size_t i = 0; i < 2; ++i)
            CHECK(places.has_snapshot(i, summary.snapshot));
    }
    REQUIRE_FALSE(fenced.empty());
    for (std::size_t i = 0; i < 2; ++i) {
        places.demand_sound(i);
        CHECK(places.restored(i));
    }
}

TEST_CASE("a place whose list of keys lags is left behind, and mirror brings it up") {
    const SeveralPlaces places(2);
    std::size_t moved = 0;
    SUBCASE("the second") {}
    SUBCASE("the first") {
        moved = 1;
    }
    {
        Repository founder = places.open_one(moved, key::kFounder, "admin");
        must(
            issue_key(founder, {.role = Role::restore,
                                .holder = "Vũ Mới",
                                .unit = "",
                                .domain = "",
                                .expires = {},
                                .secret = Credential::KeyFile{places.repository.path("new.key")}}));
    }
    {
        Opened opened = places.open();
        const BackupSummary summary = must(opened.back_up(places.source));
        REQUIRE(summary.late.size() == 1);
        CHECK(summary.late[0].location == opened.of(1 - moved).store->describe());
        CHECK_MESSAGE(summary.late[0].why.find("mirror") != std::string::npos, summary.late[0].why);
    }
    places.demand_whole(moved, 1);
    places.demand_sound(1 - moved);
    places.bring_up(1 - moved, moved);
    places.demand_whole(1 - moved, 1);
    Opened opened = places.open();
    CHECK(must(opened.back_up(places.source)).late.empty());
}

TEST_CASE("a key that was revoked at one place stores nothing anywhere") {
    const SeveralPlaces places(2);
    std::size_t at = 0;
    SUBCASE("at the first") {}
    SUBCASE("at the last") {
        at = 1;
    }
    Opened opened = places.open();
    put_roster_after(places.access(at, key::kFounder, "admin"), [&](format::Roster& roster) {
        const format::ActorId actor = opened.of(0).keyring.actor();
        std::erase_if(roster.actors, [&](const auto& one) { return one.id == actor; });
        roster.revoked.push_back(
            {.actor = actor, .any_counts = false, .last_n = 0, .last_hash = {}});
    });
    CHECK(fails(opened.back_up(places.source), ErrorKind::wrong_key));
    for (std::size_t i = 0; i < 2; ++i)
        CHECK(places.names(i, "snapshots/").empty());
}

TEST_CASE("places that are none of one run are refused") {
    const SeveralPlaces places(2);
    Told told;
    BackupOptions options;
    options.sources = {places.source};
    Repository here = places.open_one(0, key::kBackup, "here");
    SUBCASE("one place twice") {
        Repository again = places.open_one(0, key::kBackup, "here");
        Repository* const both[] = {&here, &again};
        CHECK(fails(backup(both, options, told, {}), ErrorKind::usage));
    }
    SUBCASE("two repositories") {
        must(
            init_repository({.location = places.repository.path("stranger"),
                             .holder = "Trần Văn Lạ",
                             .unit = "",
                             .suite = CipherSuite::xchacha20,
                             .kdf_mib = 64,
                             .kdf_passes = 1,
                             .passphrase = must(Passphrase::from_text("mot cum mat khau khac han")),
                             .backup_key_file = places.repository.path("stranger.key"),
                             .folders = {.state = places.repository.path("s"),
                                         .cache = places.repository.path("c")}}));
        OpenOptions open = places.options(0, key::kBackup, "here");
        open.location = places.repository.path("stranger");
        open.credential = {.secret = Credential::KeyFile{places.repository.path("stranger.key")},
                           .slot = ""};
        Repository stranger = must(Repository::open(std::move(open), told));
        Repository* const both[] = {&here, &stranger};
        CHECK(fails(backup(both, options, told, {}), ErrorKind::usage));
    }
    SUBCASE("two keys") {
        Repository other = places.open_one(1, key::kOther, "here");
        Repository* const both[] = {&here, &other};
        CHECK(fails(backup(both, options, told, {}), ErrorKind::usage));
    }
    for (std::size_t i = 0; i < 2; ++i)
        CHECK(places.names(i, "snapshots/").empty());
}

TEST_CASE("an interrupted run loses no place, and the next one goes on from it") {
    const SeveralPlaces places(2);
    std::stop_source stop;
    {
        Opened opened =
            places.open([&](std::size_t i,
                            std::unique_ptr<store::Store> store) -> std::unique_ptr<store::Store> {
                if (i == 0)
                    return store;
                return std::make_unique<AfterPut>(std::move(store), "/open",
                                                  [&](const std::string&) { stop.request_stop(); });
            });
        CHECK(fails(opened.back_up(places.source, {}, stop.get_token()), ErrorKind::interrupted));
        CHECK_MESSAGE(opened.told.findings.empty(), opened.told.text());
    }
    for (std::size_t i = 0; i < 2; ++i)
        places.demand_sound(i);
    Opened opened = places.open();
    CHECK(must(opened.back_up(places.source)).late.empty());
    for (std::size_t i = 0; i < 2; ++i)
        places.demand_whole(i, 1);
}
