// SPDX-License-Identifier: Apache-2.0
// Honest acts that an operator carries from one copy of a repository to another.
#include "thief.hpp"
#include "world.hpp"

using namespace saoluu;
using namespace saoluu::test;
using format::SessionId;
using format::names::Part;
using repo::Access;

namespace {

/// Says that the store is another copy of the repository.
void become_another_place(const RepositoryCase& repository, bool has_exclusive_create = true) {
    format::PlaceObject place = must(format::PlaceObject::decode(repository.read("place")));
    place.place = crypto::random_id<format::PlaceId>();
    place.facts["exclusive-create"] = has_exclusive_create ? "yes" : "no";
    repository.write("place", util::as_bytes(place.encode()));
}

/// Two snapshots at a first place; what is done there afterwards is carried to a second.
struct Mirror {
    RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    Access admin = repository.access(key::kFounder);
    SessionId one = commit_snapshot(backup, {"one"});
    SessionId two = commit_snapshot(backup, {"two"});

    [[nodiscard]] std::vector<SessionId> there(Told& told) const {
        become_another_place(repository);
        return snapshots(repository.access(key::kReader, "at the second place"), told);
    }
};

} // namespace

TEST_CASE("a forgotten of one place hides nothing at another") {
    Mirror mirror;
    forget(mirror.admin, mirror.one);
    REQUIRE(snapshots(mirror.backup) == std::vector{mirror.two});
    Told told;
    CHECK(mirror.there(told) == std::vector{mirror.one, mirror.two});
    CHECK_MESSAGE(!is_told(told), told.text());
}

TEST_CASE("a forgotten for every place hides at each of them") {
    Mirror mirror;
    const format::Authorship by = must(mirror.admin.authorship());
    mirror.repository.write(
        name_of(mirror.one, Part::forgotten),
        format::seal_session_object(
            by, format::Forgotten{.session = mirror.one, .time = 1, .reason = "", .place = {}},
            mirror.one.view()));
    Told told;
    CHECK(mirror.there(told) == std::vector{mirror.two});
}

TEST_CASE("a mark of one place condemns nothing at another") {
    Mirror mirror;
    std::vector<format::PackId> packs;
    for (const std::string& name : mirror.repository.names("packs/"))
        packs.push_back(format::names::parse_as<format::names::PackName>(name)->pack);
    mark(mirror.admin, format::MarkPurpose::prune, packs);
    const auto is_known = [&](Access& access) {
        Told told;
        const auto session = must(repo::WriteSession::begin(access, told));
        CHECK_MESSAGE(!is_told(told), told.text());
        return session->claim(
                   format::ChunkKind::data,
                   session->domain().chunk_id(format::ChunkKind::data, util::as_bytes("one"))) ==
               repo::WriteSession::Claim::known;
    };
    CHECK(!is_known(mirror.backup));
    become_another_place(mirror.repository);
    Access there = mirror.repository.access(key::kBackup, "at the second place");
    CHECK(is_known(there));
}

TEST_CASE("a fence of one place ends nothing at another") {
    Mirror mirror;
    SUBCASE("beside done, with the maker's void") {
        // Seen nowhere yet: the strongest case for the two.
        put_object(mirror.admin, mirror.two,
                   format::Fence{.session = mirror.two, .time = 1, .mark = {}, .place = {}});
        put_object(mirror.backup, mirror.two,
                   format::Void{.session = mirror.two, .time = 1, .place = {}});
        become_another_place(mirror.repository, false);
        Told told;
        const auto left = snapshots(mirror.repository.access(key::kReader, "there"), told);
        CHECK(std::ranges::count(left, mirror.two) == 1);
    }
    SUBCASE("in place of done, in the way of a running backup") {
        become_another_place(mirror.repository);
        Access there = mirror.repository.access(key::kBackup, "there");
        Told told;
        Begun begun = begin_snapshot(there, {"three"}, told);
        const SessionId session = begun.session->id();
        // Signed for the first place, whose admin has a reason to fence a session of that name.
        put_object(mirror.admin, session,
                   format::Fence{.session = session, .time = 1, .mark = {}, .place = {}}, "done");
        CHECK(must(begun.session->commit(std::move(begun.draft))) ==
              repo::WriteSession::Outcome::fenced);
        CHECK(told.has(Severity::alarm, name_of(session, Part::done)));
    }
}

TEST_CASE("what a chain says at one place of a commit is not said at another") {
    Mirror mirror;
    const auto outcome = [&](const Access& access, const SessionId& session) {
        Told told;
        const repo::Ledger ledger = must(repo::Ledger::load(access, told));
        return ledger.outcome_of(*ledger.commits_of(session).front());
    };
    append_to_ledger(mirror.backup); // seen, both of them
    REQUIRE(outcome(mirror.backup, mirror.two) == repo::Ledger::Outcome::seen);
    become_another_place(mirror.repository);
    const Access there = mirror.repository.access(key::kBackup, "there");
    CHECK(outcome(there, mirror.one) == repo::Ledger::Outcome::none);
    CHECK(outcome(there, mirror.two) == repo::Ledger::Outcome::none);
    // And a chain that is longer elsewhere does not look set back here.
    Told told;
    Repository checking = mirror.repository.open(key::kReader, "there");
    CHECK(check_all(checking, told).sound());
}

TEST_CASE("another place object is told, and what belongs to the old place says nothing") {
    const World world;
    const SessionId first = *SessionId::from_hex_text(world.snapshots[0]);
    Access admin = world.repository.access(key::kFounder);
    forget(admin, first);
    const std::string done = "snapshots/" + world.snapshots[2] + "/done";
    world.repository.remove(done);
    {
        Repository reader = world.repository.open(key::kReader);
        CHECK(world.restore_all(reader) == 2); // without the first: the ledger stands in for done
    }
    become_another_place(world.repository);
    Told told;
    Repository reader = must(world.repository.try_open(key::kReader, told));
    REQUIRE_MESSAGE(told.findings.size() == 1, told.text());
    CHECK(told.count(Severity::warning) == 1); // from who was there before; a stranger hears nothing
    CHECK(world.restore(reader, 0) == World::Came::whole);     // what was forgotten is back
    CHECK(world.restore(reader, 1) == World::Came::whole);     // what is whole counts
    CHECK(world.restore(reader, 2) == World::Came::not_whole); // it looks unfinished
    // Rosters are still remembered: they don't belong to a place.
    for (const std::string& name : world.repository.names("roster/"))
        if (!world.before_last.contains(name))
            world.repository.remove(name);
    Told again;
    const Repository back = must(world.repository.try_open(key::kReader, again));
    CHECK(again.has(Severity::alarm, "roster/"));
    CHECK(fails(back.impl().access.may_write(), ErrorKind::refused));
}

TEST_CASE("a place that is missing or damaged is told, and stops no restore") {
    const World world;
    SUBCASE("missing") {
        world.repository.remove("place");
    }
    SUBCASE("damaged") {
        world.repository.flip_bit("place", 60);
    }
    SUBCASE("another repository's") {
        const RepositoryCase other(CipherSuite::aes256gcm);
        world.repository.write("place", other.read("place"));
    }
    Told told;
    Repository reader = must(world.repository.try_open(key::kReader, told));
    CHECK(told.has(Severity::damage, "place"));
    CHECK(world.restore_all(reader) == 3);
}
