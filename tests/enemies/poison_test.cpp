// SPDX-License-Identifier: Apache-2.0
// Wrong bytes under good chunk ids, for others to build on.
#include "thief.hpp"
#include "world.hpp"

#include "saoluu/repair.hpp"

using namespace saoluu;
using namespace saoluu::test;
using format::ChunkKind;
using repo::Access;

namespace {

namespace fs = std::filesystem;

/// An office with a file, and somebody who knows what it will hold.
struct Poisoned {
    RepositoryCase repository;
    std::string source = repository.path("source");
    util::Bytes content = random_bytes(5000, 1);

    Poisoned() {
        fs::create_directories(source);
        write_file(source + "/file", content);
        write_file(source + "/other", "another file");
    }
    static void issue(const RepositoryCase& repository, std::string_view key) {
        Repository founder = repository.open(key::kFounder);
        must(issue_key(founder, {.role = Role::backup,
                                 .holder = "Người " + std::string(key),
                                 .unit = "",
                                 .domain = "chung một tầng",
                                 .expires = {},
                                 .secret = Credential::KeyFile{repository.key_file(key)}}));
    }
    /// Stores garbage of the same length as `content` under its id in the domain of `victim`.
    std::string poison(const Access& thief, const Access& victim) const {
        const format::Domain domain = victim.self().domain;
        // Who shares the domain makes the id himself; others can only take what an index shows.
        const format::ChunkId id =
            victim.keyring.domain(domain)->chunk_id(ChunkKind::data, content);
        const format::Authorship by = must(thief.authorship());
        const MadePack pack =
            make_pack(thief, by, domain, {{.id = id, .plain = random_bytes(content.size(), 666)}},
                      crypto::random_id<format::SessionId>());
        const std::string name = put_pack(thief, pack);
        put_segment_object(thief, segment_of(pack, by.signer, by));
        return name;
    }
    /// Restores a snapshot; how many of its two files came back, all of them right.
    std::size_t restore(const std::string& snapshot) const {
        Repository reader = repository.open(key::kReader, "one who restores");
        const std::string out = repository.path("out");
        fs::remove_all(out);
        Told told;
        const RestoreSummary made = must(try_restore(reader, snapshot, source, out, told));
        CHECK(made.files + made.damaged == 2);
        CHECK(is_told(told) == (made.damaged > 0));
        if (fs::exists(out + "/file"))
            CHECK(read_file(out + "/file") == content);
        return made.files;
    }
    /// What a check that reads the data says of a pack.
    void check_says_garbage(const std::string& pack) const {
        Repository reader = repository.open(key::kReader, "one who checks");
        Told told;
        check_all(reader, told, true);
        CHECK(std::ranges::any_of(told.findings, [&](const Finding& one) {
            return one.severity == Severity::alarm && one.subject == pack &&
                   one.text.find("wrote garbage") != std::string::npos;
        }));
    }
};

} // namespace

TEST_CASE("another domain's garbage is not built on, whatever is taken away from one's own") {
    const Poisoned office;
    const Access victim = office.repository.access(key::kBackup);
    Access thief = office.repository.access(key::kOther, "the thief's");
    std::string snapshot;
    SUBCASE("before the first backup") {
        office.poison(thief, victim);
    }
    SUBCASE("in place of packs that he removes") {
        Repository backup = office.repository.open(key::kBackup);
        back_up(backup, office.source);
        for (const std::string& name : office.repository.names("packs/"))
            office.repository.remove(name);
        office.poison(thief, victim);
    }
    SUBCASE("beside good ones, which restores find") {
        Repository backup = office.repository.open(key::kBackup);
        snapshot = back_up(backup, office.source).snapshot;
        for (int i = 0; i < 5; ++i)
            office.poison(thief, victim);
        CHECK(office.restore(snapshot) == 2);
    }
    Repository backup = office.repository.open(key::kBackup);
    snapshot = back_up(backup, office.source).snapshot;
    CHECK(office.restore(snapshot) == 2);
    const std::string pack = office.poison(thief, victim);
    office.check_says_garbage(pack);
}

TEST_CASE("garbage of one's own domain is built on, told by a check, and ended by revoking") {
    const Poisoned office;
    Poisoned::issue(office.repository, "one");
    Poisoned::issue(office.repository, "two");
    Access thief = office.repository.access("one", "the thief's");
    const Access victim = office.repository.access("two");
    // What he can't do without an entry of the ledger of his own is to be revoked as far as that.
    const format::EntryHash last = append_to_ledger(thief);
    const std::string pack = office.poison(thief, victim);
    Repository backup = office.repository.open("two");
    const std::string poisoned = back_up(backup, office.source).snapshot;
    CHECK(office.restore(poisoned) == 1); // as THREATS.md says; and no wrong byte came back
    office.check_says_garbage(pack);

    revoke(office.repository.access(key::kFounder), thief.keyring.actor(),
           format::ChainHead{.actor = thief.keyring.actor(), .n = 0, .hash = last});
    Repository after = office.repository.open("two");
    const BackupSummary made = back_up(after, office.source);
    CHECK(made.new_chunks > 0);
    CHECK(office.restore(made.snapshot) == 2);
    CHECK(office.restore(poisoned) == 2); // the good chunk is found under the same id
}

TEST_CASE("an admin's garbage is built on in every domain, and told by a check") {
    const Poisoned office;
    const Access victim = office.repository.access(key::kBackup);
    const std::string pack = office.poison(office.repository.access(key::kDeputy, "his"), victim);
    Repository backup = office.repository.open(key::kBackup);
    const std::string snapshot = back_up(backup, office.source).snapshot;
    CHECK(office.restore(snapshot) == 1); // as THREATS.md says of him
    office.check_says_garbage(pack);
}

TEST_CASE("a restore key poisons its own domain alone") {
    const Poisoned office;
    const Access victim = office.repository.access(key::kBackup);
    const Access thief = office.repository.access(key::kReader, "the thief's");
    CHECK(thief.keyring.domain(victim.self().domain) != nullptr); // he can make the id
    CHECK(thief.self().domain != victim.self().domain);
    const std::string pack = office.poison(thief, victim);
    Repository backup = office.repository.open(key::kBackup);
    CHECK(office.restore(back_up(backup, office.source).snapshot) == 2);
    office.check_says_garbage(pack);
}

TEST_CASE(
    "other bytes before a copy of another's signed directory are an alarm, and not believed") {
    const Poisoned office;
    Repository backup = office.repository.open(key::kBackup);
    const std::string snapshot = back_up(backup, office.source).snapshot;
    Access thief = office.repository.access(key::kOther, "the thief's");
    const auto places = places_of(thief);
    REQUIRE(!places.empty());
    // The frames are other bytes; directory, trailer and footer are the victim's.
    const repo::ChunkPlace& place = places.front().second;
    const std::string good = format::names::pack(place.pack);
    util::Bytes bytes = office.repository.read(good);
    for (std::size_t i = 0; i < place.stored_size; ++i)
        bytes[place.offset + i] ^= std::byte{0x55};
    const auto id = format::name_of<format::PackId>(bytes);
    const std::string bad = format::names::pack(id);
    office.repository.write(bad, bytes);
    const auto check_alarm = [&](std::string_view key) {
        Repository opened = office.repository.open(key, "one who checks");
        Told told;
        check_all(opened, told, key != key::kBackup);
        CHECK(std::ranges::any_of(told.findings, [&](const Finding& one) {
            return one.severity == Severity::alarm && one.subject == bad &&
                   one.text.find("another's signed directory") != std::string::npos;
        }));
    };
    check_alarm(key::kBackup);
    check_alarm(key::kReader);
    SUBCASE("and the good pack is gone") {
        office.repository.remove(good);
    }
    SUBCASE("and so is the index") {
        for (const std::string& name : office.repository.names("index/"))
            office.repository.remove(name);
    }
    // An index that is made from directories does not offer what they say of other bytes.
    for (const std::string_view key : {key::kBackup, key::kFounder}) {
        Repository repairing = office.repository.open(key);
        Told told;
        must(repair_index(repairing, {}, told, {}));
        // (An admin's key may take the other frames, which open and are what their ids say.)
        for (const auto& [chunk, now] : places_of(thief))
            if (chunk == places.front().first)
                CHECK(now.pack != id);
    }
    Repository again = office.repository.open(key::kBackup);
    CHECK(office.restore(back_up(again, office.source).snapshot) == 2);
    CHECK(office.restore(snapshot) == 2);
}
