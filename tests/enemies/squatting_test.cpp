// SPDX-License-Identifier: Apache-2.0
// Whoever may write takes names that others will need.
#include "thief.hpp"
#include "world.hpp"

#include <atomic>

using namespace saoluu;
using namespace saoluu::test;
using format::SessionId;
using format::names::Part;
using repo::Access;

namespace {

namespace fs = std::filesystem;

util::Bytes rubbish(std::size_t size = 300) {
    return random_bytes(size, 4711);
}

/// Puts rubbish as `done` as soon as a session is open.
Lies squat_on_done(const RepositoryCase& repository, std::atomic<int>& left,
                   const util::Bytes& done = rubbish()) {
    return {.then = [&repository, &left, done](const std::string& name) {
        if (name.ends_with("/open") && left-- > 0)
            repository.write(name.substr(0, name.size() - 4) + "done", done);
    }};
}

} // namespace

TEST_CASE("a done that someone else put makes a backup begin anew, and is an alarm") {
    const World world;
    std::atomic<int> left = 2;
    util::Bytes done = rubbish();
    SUBCASE("rubbish") {}
    SUBCASE("another's record") {
        done = world.repository.read("snapshots/" + world.snapshots[0] + "/done");
    }
    SUBCASE("nothing at all") {
        done.clear();
    }
    Told told;
    Repository backup = must(open_over(world.repository, key::kBackup,
                                       squat_on_done(world.repository, left, done), told));
    BackupOptions options;
    options.sources = {world.source};
    options.threads = 1;
    const BackupSummary made = must(saoluu::backup(backup, options, told, {}));
    CHECK(told.count(Severity::alarm) == 2);
    CHECK(told.has(Severity::alarm, "/done"));
    Repository reader = world.repository.open(key::kReader);
    const std::string out = world.repository.path("out");
    CHECK(restore_to(reader, made.snapshot, world.source, out).damaged == 0);
    check_same(tree_of(out), tree_of(world.source));
    CHECK(world.restore_all(reader) == 3);
}

TEST_CASE("someone who takes every done stops backups as long as he does, and no longer") {
    const World world;
    std::atomic<int> left = 1000;
    Told told;
    {
        Repository backup = must(
            open_over(world.repository, key::kBackup, squat_on_done(world.repository, left), told));
        BackupOptions options;
        options.sources = {world.source};
        options.threads = 1;
        CHECK(fails(saoluu::backup(backup, options, told, {}), ErrorKind::failure));
        CHECK(1000 - left == 3);
        CHECK(told.count(Severity::alarm) == 3);
    }
    Repository reader = world.repository.open(key::kReader);
    CHECK(world.restore_all(reader) == 3);
    Repository backup = world.repository.open(key::kBackup);
    CHECK(world.back_up_again(backup));
    // What the three sessions stored is whole: rubbish in place of a done is a damaged one, and the
    // ledger carries the record.
    Told later;
    CHECK(snapshots(world.repository.access(key::kReader), later).size() == 3 + 3 + 1);
    CHECK(later.has(Severity::damage, "/done"));
}

TEST_CASE("rubbish under every kind of name stops nobody, and is told") {
    const World world;
    const std::string hex32 = crypto::random_id<SessionId>().hex();
    const std::string hex64 = crypto::random_id<format::PackId>().hex();
    const format::ActorId victim = world.repository.access(key::kBackup).keyring.actor();
    const std::string session = "snapshots/" + world.snapshots[1] + "/";
    const Access reader = world.repository.access(key::kReader);
    const std::string next_roster = format::names::roster(reader.roster().n + 1, {});
    const std::uint64_t next = head_of(reader, victim).n + 1;
    for (const std::string& name : std::vector<std::string>{
             next_roster, next_roster + ".2", "keys/" + hex32, "keys/" + hex32 + ".2",
             "packs/" + hex64.substr(0, 2) + "/" + hex64, "index/" + hex64,
             "snapshots/" + hex32 + "/open", "snapshots/" + hex32 + "/done", session + "fence",
             session + "forgotten", session + "void", format::names::ledger(victim, next, {}),
             "ledger/" + hex64 + "/0000000000-" + hex64, "marks/" + hex64}) {
        CAPTURE(name);
        world.repository.write(name, rubbish());
        for (const std::string_view key : {key::kBackup, key::kReader}) {
            Told told;
            Repository checking = world.repository.open(key);
            check_all(checking, told, key == key::kReader);
            const bool is_told =
                told.has(Severity::alarm, name) || told.has(Severity::damage, name);
            CHECK_MESSAGE(is_told, told.text());
        }
        Repository backup = world.repository.open(key::kBackup);
        CHECK(world.back_up_again(backup));
        Repository restoring = world.repository.open(key::kReader);
        CHECK(world.restore_all(restoring) == 3);
        Repository founder = world.repository.open(key::kFounder);
        CHECK(list_keys(founder));
        const std::string key_file = world.repository.path("key of " + name.substr(0, 4));
        CHECK(issue_key(founder, {.role = Role::backup,
                                  .holder = "Đỗ Thị " + std::to_string(name.size()),
                                  .unit = "",
                                  .domain = "",
                                  .expires = {},
                                  .secret = Credential::KeyFile{key_file}}));
        fs::remove(key_file);
        set_back(world.repository, world.now);
        world.repository.forget_state();
    }
}

TEST_CASE("an admin's ledger entry stands in for a forgotten that is kept out") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const SessionId gone = commit_snapshot(backup, {"one"});
    const SessionId kept = commit_snapshot(backup, {"two"});
    for (const SessionId& session : {gone, kept})
        repository.write(name_of(session, Part::forgotten), rubbish());
    CHECK(snapshots(backup).size() == 2);
    Access deputy = repository.access(key::kDeputy);
    Told told;
    repo::note_act(deputy, format::Act::forget,
                   {.roster = {}, .session = gone, .mark = {}, .text = ""}, told);
    // The same words in the ledger of one who is no admin say nothing.
    for (const std::string_view key : {key::kOther, key::kReader, key::kBackup}) {
        Access other = repository.access(key);
        repo::note_act(other, format::Act::forget,
                       {.roster = {}, .session = kept, .mark = {}, .text = ""}, told);
    }
    CHECK(snapshots(repository.access(key::kReader, "a new one")) == std::vector{kept});
}

TEST_CASE("an admin's ledger entry stands in for a fence that is kept out") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    backup.place.facts["exclusive-create"] = "no";
    Access deputy = repository.access(key::kDeputy);
    Told told;
    Begun begun = begin_snapshot(backup, {"one"}, told);
    const SessionId session = begun.session->id();
    repository.write(name_of(session, Part::fence), rubbish());
    const bool by_admin = [&] {
        bool is_admin = false;
        SUBCASE("an admin's") {
            is_admin = true;
        }
        SUBCASE("one of somebody else") {}
        return is_admin;
    }();
    Access other = repository.access(key::kOther, "other's");
    repo::note_act(by_admin ? deputy : other, format::Act::sweep,
                   {.roster = {}, .session = session, .mark = {}, .text = ""}, told);
    CHECK((must(begun.session->commit(std::move(begun.draft))) ==
           repo::WriteSession::Outcome::fenced) == by_admin);
    CHECK(told.has(Severity::alarm, "/fence"));
}

TEST_CASE(
    "a mark that a restore thief makes up and spoils stops backups, a backup thief's does not") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    commit_snapshot(backup, {"one"});
    const auto made_up = crypto::random_id<format::MarkId>();
    const auto tell = [&](std::string_view key) {
        Access thief = repository.access(key, "the thief's");
        Told told;
        repo::note_act(thief, format::Act::mark,
                       {.roster = {}, .session = {}, .mark = made_up, .text = ""}, told);
    };
    tell(key::kOther);
    repository.write(format::names::mark(made_up), rubbish());
    {
        Told told;
        CHECK(repo::WriteSession::begin(backup, told));
        CHECK(told.has(Severity::alarm, made_up.hex()));
    }
    tell(key::kReader);
    Told told;
    const auto begun = repo::WriteSession::begin(backup, told);
    REQUIRE(fails(begun, ErrorKind::corrupt));
    CHECK(begun.error().message().find(made_up.hex()) != std::string::npos);
    // Reading goes on, and a person who removes the rubbish ends it.
    CHECK(snapshots(repository.access(key::kReader)).size() == 1);
    repository.remove(format::names::mark(made_up));
    CHECK(repo::WriteSession::begin(backup, told));
}

TEST_CASE("a done that is taken away right after it was acknowledged comes back by the ledger") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const SessionId session = commit_snapshot(backup, {"one"});
    const std::string done = name_of(session, Part::done);
    repository.remove(done);
    CHECK(snapshots(backup).empty()); // till its maker's next entry it looks unfinished
    SUBCASE("by the machine that made it") {
        append_to_ledger(backup);
        Told told;
        CHECK(snapshots(repository.access(key::kReader, "a new one"), told) ==
              std::vector{session});
        CHECK(told.has(Severity::alarm, done));
    }
    SUBCASE("not by one with the same key that did not make it") {
        Access other = repository.access(key::kBackup, "another computer");
        append_to_ledger(other);
        CHECK(snapshots(repository.access(key::kReader, "a new one")).empty());
    }
}

TEST_CASE("overwritten copies of a slot do not keep its holder out") {
    const RepositoryCase repository;
    const std::string text = "mot cum mat khau chi de thu";
    const std::string slot = repository.names("keys/").front();
    const auto open = [&](Told& told) {
        OpenOptions options = repository.options(key::kBackup);
        options.credential = {.secret = must(Passphrase::from_text(text)), .slot = ""};
        return Repository::open(std::move(options), told);
    };
    // A cost that someone changed does not open: it is bound to the key.
    util::Bytes cheaper = repository.read(slot);
    Told told;
    SUBCASE("one copy is rubbish") {
        repository.write(slot, rubbish());
        CHECK(open(told));
        CHECK(told.has(Severity::damage, slot));
    }
    SUBCASE("one copy has another cost") {
        cheaper[40] = std::byte{2};
        cheaper.resize(cheaper.size() - 32);
        repository.write(slot, format::with_self_check(cheaper));
        CHECK(open(told));
        CHECK(told.has(Severity::alarm, slot));
    }
    SUBCASE("both have") {
        cheaper[40] = std::byte{2};
        cheaper.resize(cheaper.size() - 32);
        for (const char* copy : {"", ".2"})
            repository.write(slot + copy, format::with_self_check(cheaper));
        CHECK(fails(open(told), ErrorKind::wrong_key));
    }
}
