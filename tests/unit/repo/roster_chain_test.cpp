// SPDX-License-Identifier: Apache-2.0
#include "repo/roster_chain.hpp"

#include "format/names.hpp"
#include "repository_case.hpp"

using namespace saoluu;
using namespace saoluu::test;
using format::Roster;
using format::RosterHash;
using repo::Access;

namespace {

constexpr auto kNothing = [](Roster&) {};

/// Two rosters that follow the same one, the one of higher hash first.
struct Rivals {
    RosterHash high, low;
};
Rivals put_rivals(const Access& founder, const Access& deputy) {
    RosterHash mine = put_roster_after(founder, [](Roster& roster) { roster.made = 1; });
    RosterHash his = put_roster_after(deputy, [](Roster& roster) { roster.made = 2; });
    return mine < his ? Rivals{his, mine} : Rivals{mine, his};
}

/// The chain as a computer sees it that saw `seen`.
Result<repo::RosterChain> load(const RepositoryCase& repository, const repo::Witness& seen,
                               Events& events) {
    const auto store = repository.store();
    const format::FormatObject format =
        must(format::FormatObject::decode(repository.read("format")));
    return repo::RosterChain::load(repo::StoreView(*store), format, seen, events);
}

} // namespace

TEST_CASE("a roster that an admin of the one before signed is followed") {
    const RepositoryCase repository;
    const RosterHash next = put_roster_after(repository.access(key::kDeputy), kNothing);
    const Access after = repository.access(key::kBackup);
    CHECK(after.rosters.current_hash() == next);
    CHECK(after.may_write());
}

TEST_CASE("a roster that no admin signed is an alarm and is not obeyed") {
    const RepositoryCase repository;
    const Access before = repository.access(key::kFounder);
    for (const std::string_view key : {key::kBackup, key::kReader})
        put_roster_after(repository.access(key), kNothing);
    Told told;
    const repo::RosterChain chain = must(load(repository, {}, told));
    CHECK(chain.current_hash() == before.rosters.current_hash());
    CHECK(told.count(Severity::alarm) == 2);
    CHECK(!chain.write_refusal());
}

TEST_CASE("a roster that changes what earlier signatures are judged by does not follow") {
    const RepositoryCase repository;
    const Access founder = repository.access(key::kFounder);
    const format::ActorId backup = repository.access(key::kBackup).keyring.actor();
    const auto entry = [&](Roster& roster) -> format::ActorEntry& {
        return *std::ranges::find(roster.actors, backup, &format::ActorEntry::id);
    };
    SUBCASE("another role") {
        put_roster_after(founder, [&](Roster& roster) { entry(roster).role = 3; });
    }
    SUBCASE("another domain") {
        put_roster_after(founder, [&](Roster& roster) { entry(roster).domain = 1; });
    }
    SUBCASE("an actor who is revoked as well") {
        put_roster_after(founder, [&](Roster& roster) {
            roster.revoked.push_back(
                {.actor = backup, .any_counts = false, .last_n = 0, .last_hash = {}});
        });
    }
    SUBCASE("nobody left who may make the next one") {
        put_roster_after(founder, [](Roster& roster) {
            std::erase_if(roster.actors, [&](const auto& actor) {
                if (actor.may_administer())
                    roster.revoked.push_back(
                        {.actor = actor.id, .any_counts = false, .last_n = 0, .last_hash = {}});
                return actor.may_administer();
            });
        });
    }
    SUBCASE("an older epoch") {
        put_roster_after(founder, [](Roster& roster) { roster.epoch -= 1; });
    }
    SUBCASE("another public content key of the same epoch") {
        put_roster_after(founder, [&](Roster& roster) {
            roster.content_public = founder.keyring.seal_pair().public_half();
        });
    }
    SUBCASE("another secret of the same epoch") {
        put_roster_after(founder, [](Roster& roster) { roster.epoch_secret_hash = {}; });
    }
    SUBCASE("someone left out who is not revoked") {
        put_roster_after(founder, [&](Roster& roster) {
            std::erase_if(roster.actors, [&](const auto& actor) { return actor.id == backup; });
        });
    }
    Told told;
    const repo::RosterChain chain = must(load(repository, {}, told));
    CHECK(chain.current_hash() == founder.rosters.current_hash());
    CHECK(told.count(Severity::alarm) == 1);
}

TEST_CASE("who is revoked stays revoked") {
    const RepositoryCase repository;
    const format::ActorId other = repository.access(key::kOther).keyring.actor();
    const RosterHash revoking =
        put_roster_after(repository.access(key::kFounder), [&](Roster& roster) {
            std::erase_if(roster.actors, [&](const auto& actor) { return actor.id == other; });
            roster.revoked.push_back(
                {.actor = other, .any_counts = false, .last_n = 0, .last_hash = {}});
        });
    put_roster_after(repository.access(key::kFounder),
                     [](Roster& roster) { roster.revoked.clear(); });
    Told told;
    CHECK(must(load(repository, {}, told)).current_hash() == revoking);
    CHECK(told.count(Severity::alarm) == 1);
    CHECK(fails(repository.try_open(key::kOther, told), ErrorKind::wrong_key));
}

TEST_CASE("of rival rosters the one seen first is followed") {
    const RepositoryCase repository;
    const Access founder = repository.access(key::kFounder);
    const Rivals rivals = put_rivals(founder, repository.access(key::kDeputy));
    for (const RosterHash& seen : {rivals.high, rivals.low}) {
        Told told;
        const repo::RosterChain chain = must(load(
            repository, {.roster_n = founder.roster().n + 1, .roster = seen, .heads = {}}, told));
        CHECK(chain.current_hash() == seen);
        CHECK(!chain.write_refusal());
        CHECK(told.has(Severity::alarm, "roster/"));
    }
}

TEST_CASE("a rival of an old roster does not lead away from the newest one seen") {
    const RepositoryCase repository;
    const Access founder = repository.access(key::kFounder, "founder's");
    const Access deputy = repository.access(key::kDeputy, "deputy's");
    const Rivals rivals = put_rivals(founder, deputy);
    // The roster after the one of higher hash: a client that never saw the other follows it.
    repository.forget_state("founder's");
    Told told;
    const repo::RosterChain high =
        must(load(repository,
                  {.roster_n = founder.roster().n + 1, .roster = rivals.high, .heads = {}}, told));
    Roster next = high.current();
    next.n += 1;
    const RosterHash newest =
        put_roster_object(*founder.store, next.n,
                          format::RosterObject::encode(next, rivals.high, founder.keyring.actor(),
                                                       founder.keyring.sign_pair()));
    const repo::RosterChain chain =
        must(load(repository, {.roster_n = next.n, .roster = newest, .heads = {}}, told));
    CHECK(chain.current_hash() == newest);
    CHECK(!chain.write_refusal());
}

TEST_CASE("who saw neither of two rival rosters reads, and writes nothing") {
    const RepositoryCase repository;
    const Rivals rivals =
        put_rivals(repository.access(key::kFounder), repository.access(key::kDeputy));
    const Access stranger = repository.access(key::kBackup, "a new computer");
    CHECK(stranger.rosters.current_hash() == rivals.low);
    CHECK(fails(stranger.may_write(), ErrorKind::refused));
    // Opening again is no way around: what was not decided is not remembered as seen.
    CHECK(fails(repository.access(key::kBackup, "a new computer").may_write(), ErrorKind::refused));
}

TEST_CASE("a later roster that names the loser settles a rivalry") {
    const RepositoryCase repository;
    const Access founder = repository.access(key::kFounder);
    const Rivals rivals = put_rivals(founder, repository.access(key::kDeputy));
    Told told;
    const repo::RosterChain high =
        must(load(repository,
                  {.roster_n = founder.roster().n + 1, .roster = rivals.high, .heads = {}}, told));
    Roster next = high.current();
    next.n += 1;
    next.rivals = {rivals.low};
    const RosterHash newest =
        put_roster_object(*founder.store, next.n,
                          format::RosterObject::encode(next, rivals.high, founder.keyring.actor(),
                                                       founder.keyring.sign_pair()));
    const repo::RosterChain chain = must(load(repository, {}, told));
    CHECK(chain.current_hash() == newest);
    CHECK(!chain.write_refusal());
}

TEST_CASE("a store that was set back is an alarm, and nothing is written") {
    const RepositoryCase repository;
    const std::vector<std::string> before = repository.names("roster/");
    const RosterHash next = put_roster_after(repository.access(key::kFounder), kNothing);
    REQUIRE(repository.access(key::kBackup).rosters.current_hash() == next);
    for (const std::string& name : repository.names("roster/"))
        if (!std::ranges::binary_search(before, name))
            repository.remove(name);
    Told told;
    const Repository back = must(repository.try_open(key::kBackup, told));
    CHECK(told.has(Severity::alarm, "roster/"));
    CHECK(fails(back.impl().access.may_write(), ErrorKind::refused));
    // It goes on being one, however often it is opened.
    CHECK(fails(repository.access(key::kBackup).may_write(), ErrorKind::refused));
}

TEST_CASE("features that this version does not know forbid what they say") {
    const RepositoryCase repository;
    Told told;
    SUBCASE("writing") {
        put_roster_after(repository.access(key::kFounder),
                         [](Roster& roster) { roster.write_features = {"teleport"}; });
        const Repository opened = must(repository.try_open(key::kReader, told));
        const Result<void> may = opened.impl().access.may_write();
        REQUIRE(fails(may, ErrorKind::unsupported));
        CHECK(may.error().message().find("teleport") != std::string::npos);
    }
    SUBCASE("reading") {
        put_roster_after(repository.access(key::kFounder),
                         [](Roster& roster) { roster.read_features = {"teleport"}; });
        const Result<Repository> opened = repository.try_open(key::kReader, told);
        REQUIRE(fails(opened, ErrorKind::unsupported));
        CHECK(opened.error().message().find("teleport") != std::string::npos);
    }
}

TEST_CASE("the second copy of a roster is used where the first is bad") {
    const RepositoryCase repository;
    const RosterHash good = repository.access(key::kBackup).rosters.current_hash();
    for (const std::string& name : repository.names("roster/"))
        if (!name.ends_with(".2"))
            repository.flip_bit(name, 40);
    Told told;
    const Repository opened = must(repository.try_open(key::kBackup, told));
    CHECK(opened.impl().access.rosters.current_hash() == good);
    CHECK(told.count(Severity::damage) == repository.names("roster/").size() / 2);
    CHECK(opened.impl().access.may_write());
}

TEST_CASE("without any roster of the founder nothing opens") {
    const RepositoryCase repository;
    for (const std::string& name : repository.names("roster/0000000000"))
        repository.remove(name);
    Told told;
    CHECK(fails(repository.try_open(key::kFounder, told), ErrorKind::corrupt));
}
