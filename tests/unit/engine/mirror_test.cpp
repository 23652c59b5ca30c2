// SPDX-License-Identifier: Apache-2.0
// A repository copied to another place, as it stands: what counts at the one counts at the other,
// nothing that is cut short or damaged ever counts, and nothing is changed or removed.
#include "engine/mirror_run.hpp"
#include "store/forwarding.hpp"
#include "three_snapshots.hpp"

#include "saoluu/mirror.hpp"

using namespace saoluu;
using namespace saoluu::test;
using store::FaultStore;
namespace fs = std::filesystem;

namespace {

/// A case and a copy of it.
struct Mirrored {
    Three three;
    std::string copy = three.repository.path("copy");

    [[nodiscard]] MirrorOptions options(std::string_view key = "") const {
        MirrorOptions options;
        options.from = three.repository.options(key.empty() ? key::kBackup : key, "mirror");
        options.has_key = !key.empty();
        options.to = copy;
        return options;
    }
    Result<MirrorReport> run(Events& events, std::string_view key = "") const {
        return mirror(options(key), events, {});
    }
    MirrorReport run(std::string_view key = "") const {
        Told told;
        MirrorReport report = must(run(told, key));
        CHECK_MESSAGE(told.findings.empty(), told.text());
        return report;
    }
    [[nodiscard]] OpenOptions there(std::string_view key,
                                    const std::string& machine = "there") const {
        OpenOptions options = three.repository.options(key, machine);
        options.location = copy;
        return options;
    }
    [[nodiscard]] Repository open(std::string_view key,
                                  const std::string& machine = "there") const {
        Told told;
        Repository repository = must(Repository::open(there(key, machine), told));
        CHECK_MESSAGE(told.count(Severity::alarm) + told.count(Severity::damage) == 0, told.text());
        return repository;
    }
    [[nodiscard]] std::unique_ptr<store::Store> store() const {
        return must(repo::open_store(copy, {}, store::MissingFolder::create));
    }
    [[nodiscard]] std::vector<std::string> names(std::string_view prefix = "") const {
        std::vector<std::string> found;
        for (const store::ObjectInfo& info : must(store::list_all(*store(), prefix)))
            found.push_back(info.name);
        return found;
    }
    /// It is gone, and no machine remembers that it was there.
    void remove_copy() const {
        fs::remove_all(copy);
        fs::remove_all(util::join(options().from.folders.state, "places"));
    }
    /// The copy is sound, has these snapshots, and each of its files has its source's bytes.
    void demand_sound(std::size_t snapshots, std::size_t files) const {
        Repository reader = open(key::kReader);
        Told told;
        const CheckReport report = check_all(reader, told);
        CHECK_MESSAGE(report.sound(), told.text());
        CHECK_MESSAGE(told.count(Severity::warning) == 0, told.text());
        CHECK(report.snapshots == snapshots);
        fs::remove_all(three.target);
        if (snapshots == 0)
            return;
        restore_to(reader, "latest", three.source, three.target);
        CHECK(three.right_files() == files);
    }
};

} // namespace

TEST_CASE("a mirror holds what its source holds, and is a place of its own") {
    const Mirrored both;
    const MirrorReport report = both.run();
    CHECK(report.is_new);
    CHECK(report.complete());
    CHECK(report.sessions == 3);
    CHECK(report.packs == both.three.repository.names("packs/").size());
    CHECK(both.names() == both.three.repository.names());
    CHECK(must(both.store()->get("place", 65536)) != both.three.repository.read("place"));
    both.demand_sound(3, 3);

    // Run again it copies nothing, and what a check and a restore noted there stays.
    const MirrorReport again = both.run();
    CHECK(again.objects == 0);
    CHECK(again.present >= report.objects);
    CHECK_FALSE(again.is_new);
    // The source is as sound as before.
    Repository reader = both.three.repository.open(key::kReader);
    Told told;
    CHECK_MESSAGE(check_all(reader, told).sound(), told.text());
}

TEST_CASE("a dry run of a mirror changes nothing, and says what there is to copy") {
    const Mirrored both;
    MirrorOptions options = both.options();
    options.dry_run = true;
    Told told;
    const MirrorReport report = must(mirror(options, told, {}));
    CHECK_FALSE(fs::exists(both.copy));
    CHECK(report.sessions == 3);
    CHECK(report.objects + 1 == both.three.repository.names().size()); // but for its `place`
    CHECK(both.run().objects == report.objects);
}

TEST_CASE("backups go on at either place, and each catches up with the other") {
    const Mirrored both;
    both.run();
    write_file(both.three.source + "/3", random_bytes(500'000, 3));
    Repository there = both.open(key::kBackup);
    const BackupSummary made = back_up(there, both.three.source);
    CHECK(made.stored_bytes < 600'000); // it builds on what was mirrored
    both.demand_sound(4, 4);

    MirrorOptions back = both.options();
    back.from = both.there(key::kBackup, "mirror");
    back.to = both.three.repository.location();
    Told told;
    const MirrorReport report = must(mirror(back, told, {}));
    CHECK_MESSAGE(told.findings.empty(), told.text());
    CHECK(report.sessions == 1);
    Repository reader = both.three.repository.open(key::kReader);
    const CheckReport checked = check_all(reader, told);
    CHECK_MESSAGE(checked.sound(), told.text());
    CHECK(checked.snapshots == 4);
    restore_to(reader, made.snapshot, both.three.source, both.three.target);
    CHECK(both.three.right_files() == 4);
    // The same machine uses both.
    Repository here = both.three.repository.open(key::kBackup);
    back_up(here, both.three.source);
    Repository same = both.open(key::kBackup, "here");
    back_up(same, both.three.source);
    both.run();
    both.demand_sound(6, 4);
}

TEST_CASE("what is no copy of the same repository is refused, and nothing is put there") {
    const Mirrored both;
    Told told;
    SUBCASE("a folder with other things") {
        fs::create_directory(both.copy);
        write_file(both.copy + "/letter.txt", random_bytes(10, 1));
        CHECK(fails(both.run(told), ErrorKind::refused));
        CHECK_FALSE(fs::exists(both.copy + "/place"));
    }
    SUBCASE("another repository") {
        const RepositoryCase same;
        // The template's copies share an id: a place of another is told by its own text.
        fs::create_directory(both.copy);
        format::PlaceObject place = format::new_place(
            format::RepositoryId::from(crypto::hash(util::as_bytes("another")).view()), {}, {}, 1);
        must(both.store()->put("place", util::as_bytes(place.encode())));
        CHECK(fails(both.run(told), ErrorKind::refused));
        CHECK(both.names() == std::vector<std::string>{"place"});
    }
    SUBCASE("the place itself") {
        MirrorOptions options = both.options();
        options.to = both.three.repository.location();
        CHECK(fails(mirror(options, told, {}), ErrorKind::usage));
    }
    SUBCASE("no repository to copy") {
        MirrorOptions options = both.options();
        fs::create_directory(both.three.repository.path("empty"));
        options.from.location = both.three.repository.path("empty");
        CHECK(fails(mirror(options, told, {}), ErrorKind::no_repository));
    }
}

TEST_CASE("only settled sessions are copied, and a place that was late gets its done") {
    const Mirrored both;
    both.run();
    repo::Access here = both.three.repository.access(key::kBackup);
    const auto unfinished = crypto::random_id<format::SessionId>();
    put_object(here, unfinished, format::OpenObject{});
    repo::Access admin = both.three.repository.access(key::kFounder);
    const auto fenced = crypto::random_id<format::SessionId>();
    put_object(here, fenced, format::OpenObject{});
    put_object(admin, fenced, format::Fence{.session = fenced, .time = 1, .mark = {}, .place = {}},
               "done");
    // The last snapshot was begun at the other place, too, and never finished there.
    write_file(both.three.source + "/3", random_bytes(500'000, 3));
    Repository backup = both.three.repository.open(key::kBackup);
    const std::string snapshot = back_up(backup, both.three.source).snapshot;
    {
        Told told;
        repo::Access there = must(repo::open_access(both.there(key::kBackup), told));
        put_object(there, *format::SessionId::from_hex_text(snapshot), format::OpenObject{});
    }
    const MirrorReport report = both.run();
    CHECK(report.sessions == 1);
    CHECK(report.ended == 1);
    CHECK(report.complete());
    for (const std::string& name : both.names("snapshots/")) {
        CHECK(name.find(unfinished.hex()) == std::string::npos);
        CHECK(name.find(fenced.hex()) == std::string::npos);
    }
    both.demand_sound(4, 4);
}

TEST_CASE("what is forgotten everywhere is forgotten at the mirror, and what is of one place is not") {
    const Mirrored both;
    repo::Access admin = both.three.repository.access(key::kFounder);
    put_object(
        admin, *format::SessionId::from_hex_text(both.three.snapshots[0]),
        format::Forgotten{.session = *format::SessionId::from_hex_text(both.three.snapshots[0]),
                          .time = 1,
                          .reason = "a test",
                          .place = {}});
    both.run();
    Repository reader = both.open(key::kReader);
    Told told;
    const CheckReport report = check_all(reader, told);
    CHECK_MESSAGE(report.sound(), told.text());
    CHECK(report.snapshots == 3); // it was forgotten at the other place alone
}

TEST_CASE("keys that are issued later come to the mirror with the next run") {
    const Mirrored both;
    both.run();
    Repository founder = both.three.repository.open(key::kFounder, "both");
    must(
        issue_key(founder, {.role = Role::restore,
                            .holder = "Vũ Mới",
                            .unit = "",
                            .domain = "",
                            .expires = {},
                            .secret = Credential::KeyFile{both.three.repository.key_file("new")}}));
    Told told;
    CHECK(fails(Repository::open(both.there("new", "other"), told), ErrorKind::wrong_key));
    both.run();
    Repository fresh = both.open("new", "other");
    CHECK_MESSAGE(check_all(fresh, told).sound(), told.text());
}

TEST_CASE("a mirror that lags does not look set back to who has seen the source") {
    const Mirrored both;
    both.run();
    write_file(both.three.source + "/3", random_bytes(50'000, 3));
    Repository backup = both.three.repository.open(key::kBackup);
    back_up(backup, both.three.source);
    Repository reader = both.three.repository.open(key::kReader);
    Told seen;
    check_all(reader, seen);
    Repository lagging = both.open(key::kReader, "here");
    Told told;
    const CheckReport report = check_all(lagging, told);
    CHECK_MESSAGE(report.sound(), told.text());
    CHECK(report.snapshots == 3);
}

TEST_CASE("a damaged pack is told and not copied, and no new session counts at the mirror") {
    const Mirrored both;
    const std::string bad = both.three.pack(1, true);
    both.three.repository.flip_bit(bad, 5000);
    Told told;
    const MirrorReport report = must(both.run(told));
    CHECK(report.damaged == 1);
    CHECK(report.failed == 1);
    CHECK(report.unsettled == 3);
    CHECK(told.has(Severity::damage, bad));
    CHECK_FALSE(both.store()->stat(bad));
    for (const std::string& name : both.names("snapshots/"))
        CHECK_FALSE(name.ends_with("/done"));
    SUBCASE("once it is whole again the sessions follow") {
        both.three.repository.flip_bit(bad, 5000);
        CHECK(both.run().sessions == 3);
    }
    SUBCASE("a healed copy does as well") {
        util::Bytes good = both.three.repository.read(bad);
        good[5000] ^= std::byte{1};
        both.three.repository.write(bad + ".1", good);
        Told again;
        const MirrorReport now = must(both.run(again));
        CHECK(now.sessions == 3);
        CHECK(now.failed == 0);
        CHECK(again.has(Severity::damage, bad));
    }
    both.demand_sound(3, 3);
}

TEST_CASE("of objects that are there twice the good one is copied") {
    const Mirrored both;
    const std::string roster = both.three.repository.names("roster/").front();
    both.three.repository.flip_bit(roster, 100);
    both.three.repository.flip_bit("format", 30);
    Told told;
    const MirrorReport report = must(both.run(told));
    CHECK(told.has(Severity::damage, roster));
    CHECK(report.failed == 0);
    CHECK(report.sessions == 3);
    both.demand_sound(3, 3);
}

TEST_CASE("condemned packs are left out, which takes a key") {
    const Mirrored both;
    both.run();
    const auto lost = *format::names::parse_as<format::names::PackName>(both.three.pack(2, true));
    repo::Access admin = both.three.repository.access(key::kFounder);
    both.remove_copy();
    put_mark(admin, format::MarkPurpose::damage, {lost.pack});
    Told told;
    const Result<MirrorReport> refused = both.run(told);
    CHECK(fails(refused, ErrorKind::usage));
    const MirrorReport report = both.run(key::kBackup);
    CHECK(report.left_out == 1);
    CHECK(report.sessions == 3);
    CHECK_FALSE(both.store()->stat(both.three.pack(2, true)));
    // That it is not there is no damage for who can't see whether a snapshot needs it.
    {
        Repository backup = both.open(key::kBackup, "checker");
        Told checked;
        CHECK_MESSAGE(check_all(backup, checked, false).sound(), checked.text());
        CHECK(checked.has(Severity::warning, both.three.pack(2, true)));
        Repository reader = both.open(key::kReader, "checker");
        CHECK(check_all(reader, checked).damaged_files == 1);
    }
    // A mark of the copy is heeded as well.
    repo::Access there = must(repo::open_access(both.there(key::kFounder), told));
    const auto other = *format::names::parse_as<format::names::PackName>(both.three.pack(1, true));
    put_mark(there, format::MarkPurpose::damage, {other.pack});
    must(there.store->remove(both.three.pack(1, true)));
    CHECK(both.run(key::kBackup).left_out == 2);
    CHECK_FALSE(both.store()->stat(both.three.pack(1, true)));
}

TEST_CASE("a done that differs between the places is an alarm") {
    const Mirrored both;
    both.run();
    const std::string name = "snapshots/" + both.three.snapshots[1] + "/done";
    util::Bytes done = both.three.repository.read(name);
    done[60] ^= std::byte{1};
    const crypto::Hash check = crypto::hash(util::BytesView(done).first(done.size() - 32));
    std::ranges::copy(check.view(), done.end() - 32);
    both.three.repository.write(name, done);
    Told told;
    CHECK(must(both.run(told)).alarms == 1);
    CHECK(told.has(Severity::alarm, name));
}

TEST_CASE("a mirror that is cut short anywhere counts nothing too early, and goes on") {
    const Mirrored both;
    MirrorOptions options = both.options();
    options.threads = 1;
    std::uint64_t operations = 0;
    {
        FaultStore faults(both.store());
        Told told;
        must(engine::mirror_over(both.three.repository.store(),
                                 std::make_unique<store::ForwardingStore>(faults), options, told,
                                 {}));
        operations = faults.operations();
    }
    REQUIRE(operations > 40);
    for (const store::Fault fault :
         {store::Fault::fail, store::Fault::tear, store::Fault::lose_answer})
        for (std::uint64_t n = 1; n <= operations; n += 3) {
            CAPTURE(n);
            both.remove_copy();
            Told told;
            auto to = std::make_unique<FaultStore>(both.store());
            to->plan({.at = n, .fault = fault, .then = store::FaultPlan::Then::is_dead});
            const Result<MirrorReport> cut = engine::mirror_over(both.three.repository.store(),
                                                                 std::move(to), options, told, {});
            CHECK((!cut || n == operations || cut->failed == 0));
            // A session that counts has all that it needs.
            const auto packs = both.names("packs/");
            if (std::ranges::any_of(both.names("snapshots/"),
                                    [](const auto& name) { return name.ends_with("/done"); }))
                CHECK(packs == both.three.repository.names("packs/"));
            Told again;
            const Result<MirrorReport> resumed = mirror(options, again, {});
            REQUIRE_MESSAGE(resumed, resumed.error().message());
            CHECK_MESSAGE(again.findings.empty(), again.text());
            CHECK(both.names() == both.three.repository.names());
        }
    both.demand_sound(3, 3);
}
