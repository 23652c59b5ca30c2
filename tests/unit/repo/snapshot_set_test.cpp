// SPDX-License-Identifier: Apache-2.0
#include "repo/snapshot_set.hpp"

#include "sessions.hpp"

using namespace saoluu;
using namespace saoluu::test;
using format::SessionId;
using format::names::Part;
using repo::Access;

namespace {

format::Fence fence(const SessionId& session) {
    return {.session = session, .time = 1, .mark = {}, .place = {}};
}

/// The same place, whose store is now said to have no exclusive create.
void lose_exclusive_create(const RepositoryCase& repository) {
    format::PlaceObject place = must(format::PlaceObject::decode(repository.read("place")));
    place.facts["exclusive-create"] = "no";
    repository.write("place", util::as_bytes(place.encode()));
}

Result<const repo::Snapshot*> resolve(const Access& access, const repo::SnapshotSet& set,
                                      std::string_view name) {
    return set.resolve(name, access);
}

repo::SnapshotSet set_of(const Access& access, Events& events) {
    const repo::Ledger ledger = must(repo::Ledger::load(access, events));
    return must(repo::load_snapshots(access, ledger, events));
}

} // namespace

TEST_CASE("what an admin forgot is no snapshot any more") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const SessionId gone = commit_snapshot(backup, {"one"});
    const SessionId kept = commit_snapshot(backup, {"two"});
    Access deputy = repository.access(key::kDeputy);
    forget(deputy, gone);
    Told told;
    CHECK(snapshots(backup, told) == std::vector{kept});
    CHECK(told.findings.empty());
    CHECK(set_of(backup, told).forgotten == 1);
}

TEST_CASE("a forgotten that no admin meant hides nothing") {
    const RepositoryCase repository;
    // An admin's own backup: all that lies under its session is signed by an admin.
    Access maker = repository.access(key::kFounder);
    const SessionId session = commit_snapshot(maker);
    const std::string name = name_of(session, Part::forgotten);
    SUBCASE("signed by who may only write") {
        Access backup = repository.access(key::kBackup);
        forget(backup, session);
    }
    SUBCASE("signed by who may only read") {
        Access reader = repository.access(key::kReader);
        forget(reader, session);
    }
    SUBCASE("rubbish") {
        repository.write(name, format::with_self_check(util::Bytes(200)));
    }
    SUBCASE("another session's") {
        const SessionId other = commit_snapshot(maker, {"two"});
        put_object(maker, other,
                   format::Forgotten{.session = other, .time = 1, .reason = "a test", .place = {}});
        repository.write(name, repository.read(name_of(other, Part::forgotten)));
        repository.remove(name_of(other, Part::forgotten));
    }
    SUBCASE("a copy of the admin's own open") {
        repository.write(name, repository.read(name_of(session, Part::open)));
    }
    SUBCASE("a copy of the admin's own record") {
        repository.write(name, repository.read(name_of(session, Part::done)));
    }
    Told told;
    const std::vector<SessionId> left = snapshots(maker, told);
    CHECK(std::ranges::count(left, session) == 1);
    CHECK(told.count(Severity::alarm) + told.count(Severity::damage) == 1);
}

TEST_CASE("a damaged done counts by its ledger entry, and is told") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const SessionId session = commit_snapshot(backup);
    repository.flip_bit(name_of(session, Part::done), 90);
    Told told;
    CHECK(snapshots(backup, told) == std::vector{session});
    CHECK(told.count(Severity::damage) == 1);
}

TEST_CASE("a done that is gone is no snapshot before it was seen, and an alarm after") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const SessionId session = commit_snapshot(backup);
    const std::string name = name_of(session, Part::done);
    const util::Bytes done = repository.read(name);
    Told told;
    SUBCASE("not seen yet: a run that was cut short looks the same") {
        repository.remove(name);
        CHECK(snapshots(backup, told).empty());
        CHECK(told.count(Severity::alarm) == 0);
    }
    SUBCASE("seen") {
        append_to_ledger(backup);
        repository.remove(name);
        CHECK(snapshots(backup, told) == std::vector{session});
        CHECK(told.count(Severity::alarm) == 1);
    }
    SUBCASE("seen, and everything of the session is gone") {
        append_to_ledger(backup);
        repository.remove(name);
        repository.remove(name_of(session, Part::open));
        CHECK(snapshots(backup, told) == std::vector{session});
        CHECK(told.count(Severity::alarm) == 1);
    }
}

TEST_CASE("a record that no ledger carries is an alarm and no snapshot") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const SessionId session = commit_snapshot(backup);
    const repo::SnapshotSet set = [&] {
        Told told;
        return set_of(backup, told);
    }();
    format::Record forged = set.snapshots.front().record;
    forged.session = crypto::random_id<SessionId>();
    put_object(backup, forged.session, forged);
    Told told;
    CHECK(snapshots(backup, told) == std::vector{session});
    CHECK(told.count(Severity::alarm) == 1);
}

TEST_CASE("a fence ends a session only where an admin signed it") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    Told told;
    const Begun open = begin_snapshot(backup, {"a"}, told);
    SUBCASE("an admin's") {
        Access founder = repository.access(key::kFounder);
        put_object(founder, open.session->id(), fence(open.session->id()), "done");
        CHECK(set_of(backup, told).fenced == 1);
        CHECK(told.findings.empty());
    }
    SUBCASE("another client's") {
        Access other = repository.access(key::kOther);
        put_object(other, open.session->id(), fence(open.session->id()), "done");
        CHECK(set_of(backup, told).fenced == 0);
        CHECK(told.count(Severity::alarm) == 1);
    }
}

TEST_CASE("without exclusive create a fenced snapshot ends only by its maker's void") {
    const RepositoryCase repository;
    lose_exclusive_create(repository);
    Access backup = repository.access(key::kBackup);
    Access founder = repository.access(key::kFounder);
    const SessionId session = commit_snapshot(backup);
    Told told;
    SUBCASE("a fence alone: alive") {
        put_object(founder, session, fence(session));
        CHECK(snapshots(backup, told).size() == 1);
    }
    SUBCASE("fence and void: ended") {
        put_object(founder, session, fence(session));
        put_object(backup, session, format::Void{.session = session, .time = 1, .place = {}});
        CHECK(snapshots(backup, told).empty());
    }
    SUBCASE("another's void: alive") {
        put_object(founder, session, fence(session));
        put_object(founder, session, format::Void{.session = session, .time = 1, .place = {}});
        CHECK(snapshots(backup, told).size() == 1);
    }
    SUBCASE("a fence that no admin signed: alive") {
        put_object(backup, session, fence(session));
        put_object(backup, session, format::Void{.session = session, .time = 1, .place = {}});
        CHECK(snapshots(backup, told).size() == 1);
    }
    SUBCASE("the maker's open, copied as his void: alive") {
        put_object(founder, session, fence(session));
        repository.write(name_of(session, Part::void_),
                         repository.read(name_of(session, Part::open)));
        CHECK(snapshots(backup, told).size() == 1);
    }
    SUBCASE("a void after it was seen: alive") {
        append_to_ledger(backup);
        put_object(founder, session, fence(session));
        put_object(backup, session, format::Void{.session = session, .time = 1, .place = {}});
        CHECK(snapshots(backup, told).size() == 1);
    }
}

TEST_CASE("snapshots are found by id, beginning, latest and job") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const SessionId first = commit_snapshot(backup, {"one"}, "office");
    const SessionId second = commit_snapshot(backup, {"two"}, "mail");
    Told told;
    const repo::SnapshotSet set = set_of(backup, told);
    const auto found = [&](std::string_view name) {
        return must(resolve(backup, set, name))->record.session;
    };
    CHECK(found(first.hex()) == first);
    CHECK(found(second.hex().substr(0, 20)) == second);
    CHECK(found("latest") == second);
    CHECK(found("latest:office") == first);
    CHECK(fails(resolve(backup, set, "latest:none"), ErrorKind::not_found));
    CHECK(fails(resolve(backup, set, "zz"), ErrorKind::not_found));
    CHECK(fails(resolve(backup, set, ""), ErrorKind::not_found));
}

TEST_CASE("latest refuses to choose between clients") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    Access other = repository.access(key::kOther);
    commit_snapshot(backup, {"one"}, "office");
    const SessionId mail = commit_snapshot(other, {"two"}, "mail");
    Told told;
    const repo::SnapshotSet set = set_of(backup, told);
    const auto latest = resolve(backup, set, "latest");
    REQUIRE(fails(latest, ErrorKind::usage));
    CHECK(latest.error().message().find(mail.hex().substr(0, 12)) != std::string::npos);
    CHECK(must(resolve(backup, set, "latest:mail"))->record.session == mail);
}
