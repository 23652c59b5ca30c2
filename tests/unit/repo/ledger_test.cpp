// SPDX-License-Identifier: Apache-2.0
#include "repo/ledger.hpp"

#include "sessions.hpp"

#include <tuple>

using namespace saoluu;
using namespace saoluu::test;
using format::Act;
using format::LedgerEntry;
using format::names::Part;
using repo::Access;
using repo::Ledger;

namespace {

Ledger load(const Access& access, Events& events) {
    return must(Ledger::load(access, events));
}
Ledger load(const Access& access) {
    Told told;
    return load(access, told);
}

const repo::LedgerItem& item_of(const Ledger& ledger, const format::EntryHash& hash) {
    const auto found = std::ranges::find(ledger.items(), hash, &repo::LedgerItem::hash);
    REQUIRE(found != ledger.items().end());
    return *found;
}

format::EntryHash append(Access& access) {
    return append_to_ledger(access);
}

/// Puts an entry as `by` signs it into the chain of `owner`; returns its hash.
format::EntryHash put_entry(const Access& access, const LedgerEntry& entry,
                            const format::ActorId& owner, const format::Authorship& by) {
    const util::Bytes object = format::seal_entry(by, entry);
    const auto hash = format::name_of<format::EntryHash>(object);
    must(access.store->put(format::names::ledger(owner, entry.n, hash), object));
    return hash;
}

std::string name_in_chain(const Access& access, const repo::LedgerItem& item) {
    return format::names::ledger(access.keyring.actor(), item.entry.n, item.hash);
}

} // namespace

TEST_CASE("an entry names the one before it and the heads of the other chains") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const auto first = append(backup);
    const auto second = append(backup);
    const Ledger ledger = load(backup);
    const LedgerEntry& entry = item_of(ledger, second).entry;
    CHECK(entry.n == 1);
    CHECK(entry.previous == std::vector{first});
    const format::ActorId founder = repository.access(key::kFounder).keyring.actor();
    REQUIRE(entry.heads.size() == 1); // of the founder, who issued the keys
    CHECK(entry.heads.front() == ledger.heads().at(founder));
    CHECK(entry.heads.front().n == 3);
    CHECK(item_of(ledger, first).entry.previous.empty());
}

TEST_CASE("an actor's fork is told, counts on both sides, and is joined by his next entry") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const auto root = append(backup);
    const format::Authorship by = must(backup.authorship());
    LedgerEntry branch;
    branch.place = backup.place.place;
    branch.n = 1;
    branch.previous = {root};
    branch.act = static_cast<std::uint64_t>(Act::check);
    branch.time = 1;
    const auto left = put_entry(backup, branch, by.signer, by);
    branch.time = 2;
    const auto right = put_entry(backup, branch, by.signer, by);

    Told told;
    CHECK(load(backup, told).tips(by.signer).size() == 2);
    CHECK(told.count(Severity::warning) == 1);
    CHECK(told.count(Severity::alarm) == 0);

    const auto joined = append(backup);
    const Ledger ledger = load(backup);
    CHECK(item_of(ledger, joined).entry.previous ==
          std::vector{std::min(left, right), std::max(left, right)});
    CHECK(item_of(ledger, joined).entry.n == 2);
    CHECK(ledger.tips(by.signer).size() == 1);
}

TEST_CASE("a withheld entry is an alarm, and what came later still counts") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const auto first = commit_snapshot(backup, {"one"});
    const auto second = commit_snapshot(backup, {"two"});
    const auto third = commit_snapshot(backup, {"three"});
    const Ledger whole = load(backup);
    repository.remove(name_in_chain(backup, *whole.commits_of(second).front()));

    Told told;
    const Access stranger = repository.access(key::kReader, "a new computer");
    const std::vector<format::SessionId> left = snapshots(stranger, told);
    CHECK(told.has(Severity::alarm, "ledger/"));
    CHECK(std::ranges::count(left, first) == 1);
    CHECK(std::ranges::count(left, third) == 1);
    CHECK(left.size() == 2);
}

TEST_CASE("the newest entry, removed, is missed by the computer that saw it") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    append(backup);
    const auto last = append(backup);
    const Ledger whole = load(backup);
    repository.remove(name_in_chain(backup, item_of(whole, last)));
    Told told;
    load(backup, told);
    CHECK(told.count(Severity::alarm) == 1);
}

TEST_CASE("another's head, removed, is missed by whoever reads who saw it") {
    const RepositoryCase repository;
    Access other = repository.access(key::kOther, "other's");
    append(other);
    const Ledger whole = load(other);
    const repo::LedgerItem& head = item_of(whole, whole.heads().at(other.keyring.actor()).hash);
    Access backup = repository.access(key::kBackup);
    append(backup);
    repository.remove(name_in_chain(other, head));
    Told told;
    load(repository.access(key::kReader, "a new computer"), told);
    CHECK(told.count(Severity::alarm) == 1);
}

TEST_CASE("an entry that its chain's owner did not sign is refused") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const Access other = repository.access(key::kOther, "other's");
    append(backup);
    const std::size_t before = load(backup).items().size();
    LedgerEntry entry;
    entry.place = backup.place.place;
    entry.act = static_cast<std::uint64_t>(Act::check);
    Told told;
    SUBCASE("signed by another actor, in his own name") {
        // The chain's owner is in what is sealed, so another's name does not even open there.
        put_entry(backup, entry, backup.keyring.actor(), must(other.authorship()));
        CHECK(load(backup, told).items().size() == before);
        CHECK(told.has(Severity::alarm, "ledger/"));
    }
    SUBCASE("signed by another's key in the owner's name") {
        const format::Authorship by{.repository = backup.id(),
                                    .epoch = *must(other.keyring.epoch(other.roster().epoch)),
                                    .suite = backup.roster().suite,
                                    .signer = backup.keyring.actor(),
                                    .roster = backup.rosters.current_hash(),
                                    .pair = other.keyring.sign_pair()};
        put_entry(backup, entry, backup.keyring.actor(), by);
        CHECK(load(backup, told).items().size() == before);
        CHECK(told.has(Severity::alarm, "ledger/"));
    }
    SUBCASE("of a roster that nobody accepted") {
        format::Authorship by = must(backup.authorship());
        by.roster = {};
        put_entry(backup, entry, backup.keyring.actor(), by);
        CHECK(load(backup, told).items().size() == before);
        CHECK(told.has(Severity::alarm, "ledger/"));
    }
}

TEST_CASE("nobody can seal a twin of another's entry") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const auto hash = append(backup);
    const Ledger ledger = load(backup);
    const util::Bytes object = repository.read(name_in_chain(backup, item_of(ledger, hash)));
    const format::ActorId actor = backup.keyring.actor();

    // Everybody who has W can open it, and seal the same signed words anew under another name.
    const Access other = repository.access(key::kOther, "other's");
    const format::EpochKey& epoch = *must(other.keyring.epoch(other.roster().epoch));
    const format::OpenedEntry opened =
        must(format::open_entry(other.id(), epoch, actor, 0, object));
    const util::Bytes subject = util::Writer().raw(actor.view()).u64(std::uint64_t{0}).take();
    const util::Bytes twin = format::seal_object({.repository = other.id(),
                                                  .epoch = epoch,
                                                  .header = must(format::Header::decode(object)),
                                                  .subject = subject},
                                                 opened.body, format::SelfCheck::no);
    REQUIRE(must(format::open_entry(other.id(), epoch, actor, 0, twin)).body == opened.body);
    must(other.store->put(format::names::ledger(actor, 0, format::name_of<format::EntryHash>(twin)),
                          twin));

    Told told;
    CHECK(load(backup, told).items().size() == ledger.items().size());
    CHECK(told.count(Severity::alarm) == 1);
}

TEST_CASE("a damaged entry is told, and the others count") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    append(backup);
    const auto last = append(backup);
    const Ledger whole = load(backup);
    repository.flip_bit(name_in_chain(backup, item_of(whole, last)), 100);
    Told told;
    CHECK(load(repository.access(key::kReader, "a new computer"), told).items().size() ==
          whole.items().size() - 1);
    CHECK(told.count(Severity::damage) == 1);
}

TEST_CASE("the next entry says what became of a commit") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const auto session = commit_snapshot(backup);
    const auto outcome = [&] {
        const Ledger ledger = load(backup);
        return ledger.outcome_of(*ledger.commits_of(session).front());
    };
    CHECK(outcome() == Ledger::Outcome::none);
    SUBCASE("its done is there: seen") {
        append(backup);
        CHECK(outcome() == Ledger::Outcome::seen);
    }
    SUBCASE("its done is an admin's fence: abandoned") {
        repository.forget_state(); // or it remembers that the store acknowledged the record
        repository.remove(name_of(session, Part::done));
        Access founder = repository.access(key::kFounder);
        put_object(founder, session,
                   format::Fence{.session = session, .time = 1, .mark = {}, .place = {}}, "done");
        append(backup);
        CHECK(outcome() == Ledger::Outcome::abandoned);
        CHECK(snapshots(backup).empty());
    }
    SUBCASE("another's entry says nothing of it") {
        Access other = repository.access(key::kOther, "other's");
        append(other);
        CHECK(outcome() == Ledger::Outcome::none);
    }
}

TEST_CASE("of a revoked actor only what leads to the entries named counts") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const auto first = commit_snapshot(backup, {"one"});
    const auto second = commit_snapshot(backup, {"two"});
    const Ledger ledger = load(backup);
    const repo::LedgerItem& kept = *ledger.commits_of(first).front();
    const repo::LedgerItem& late = *ledger.commits_of(second).front();
    const format::ActorId actor = backup.keyring.actor();

    // A thief's branch from the first entry on, which a third revocation line may let count.
    const format::Authorship by = must(backup.authorship());
    LedgerEntry branch;
    branch.place = backup.place.place;
    branch.n = kept.entry.n + 1;
    branch.previous = {kept.hash};
    branch.act = static_cast<std::uint64_t>(Act::check);
    const auto fork = put_entry(backup, branch, actor, by);

    const auto revoke = [&](std::vector<format::Revocation> lines) {
        put_roster_after(repository.access(key::kFounder), [&](format::Roster& roster) {
            std::erase_if(roster.actors, [&](const auto& one) { return one.id == actor; });
            std::ranges::sort(lines, {}, &format::Revocation::last_hash);
            roster.revoked = lines;
        });
    };
    const format::Revocation to_first{
        .actor = actor, .any_counts = true, .last_n = kept.entry.n, .last_hash = kept.hash};
    const format::Revocation to_second{
        .actor = actor, .any_counts = true, .last_n = late.entry.n, .last_hash = late.hash};
    const format::Revocation to_fork{
        .actor = actor, .any_counts = true, .last_n = branch.n, .last_hash = fork};
    const auto left = [&] { return snapshots(repository.access(key::kReader, "a new computer")); };
    SUBCASE("up to one entry") {
        revoke({to_first});
        CHECK(left() == std::vector{first});
    }
    SUBCASE("up to one entry of each branch") {
        revoke({to_second, to_fork});
        CHECK(left() == std::vector{first, second});
        const Ledger now = load(repository.access(key::kReader, "a new computer"));
        item_of(now, fork);
    }
    SUBCASE("nothing at all") {
        revoke({{.actor = actor, .any_counts = false, .last_n = 0, .last_hash = {}}});
        CHECK(left().empty());
    }
}
