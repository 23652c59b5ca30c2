// SPDX-License-Identifier: Apache-2.0
// Those who were trusted: a thief with a restore key, a bad admin, a revoked one.
#include "thief.hpp"
#include "world.hpp"

using namespace saoluu;
using namespace saoluu::test;
using format::MarkPurpose;
using format::Roster;
using format::RosterHash;
using format::SessionId;
using format::names::Part;
using repo::Access;

namespace {

namespace fs = std::filesystem;

std::vector<format::PackId> packs_of(const RepositoryCase& repository) {
    std::vector<format::PackId> packs;
    for (const std::string& name : repository.names("packs/"))
        packs.push_back(format::names::parse_as<format::names::PackName>(name)->pack);
    return packs;
}

/// What a person who signs by `pair` can make after `previous`.
RosterHash put_signed(const Access& by, Roster roster, const RosterHash& previous,
                      std::vector<RosterHash> settles = {}) {
    std::ranges::sort(settles);
    roster.rivals = std::move(settles);
    return put_roster_object(
        *by.store, roster.n,
        format::RosterObject::encode(roster, previous, by.keyring.actor(), by.keyring.sign_pair()));
}

/// A deputy who was an admin and was revoked: he has his key, and copies of the store from then.
struct Revoked {
    RepositoryCase repository;
    Access founder = repository.access(key::kFounder, "the founder's");
    Access deputy = repository.access(key::kDeputy, "the deputy's");
    Roster old = deputy.roster();
    RosterHash old_hash = deputy.rosters.current_hash();
    RosterHash right;

    explicit Revoked(std::optional<format::ChainHead> last = {})
        : right(revoke(founder, deputy.keyring.actor(), last)) {
        // The founder's computer knows what he did.
        REQUIRE(repository.access(key::kFounder, "the founder's").rosters.current_hash() == right);
    }

    /// His rival to the roster that revoked him.
    RosterHash put_rival() const {
        Roster rival = old;
        rival.n += 1;
        rival.made = 12345;
        return put_signed(deputy, rival, old_hash);
    }
};

} // namespace

TEST_CASE("a restore thief's mark makes the next backup store anew, and removes nothing") {
    const World world;
    Access thief = world.repository.access(key::kReader, "the thief's");
    mark(thief, MarkPurpose::damage, packs_of(world.repository));
    const Objects before = objects_of(world.repository);
    Repository backup = world.repository.open(key::kBackup);
    const BackupSummary made = must(world.back_up_again(backup));
    CHECK(made.new_chunks == made.chunks);
    check_kept(world.repository, before);
    Repository reader = world.repository.open(key::kReader);
    CHECK(world.restore_all(reader) == 3);
    Told told;
    CHECK(check_all(reader, told).sound());
}

TEST_CASE("a restore thief forgets, fences, prunes and issues nothing") {
    const World world;
    Access thief = world.repository.access(key::kReader, "the thief's");
    const SessionId session = *SessionId::from_hex_text(world.snapshots[0]);
    forget(thief, session);
    put_object(thief, session,
               format::Fence{.session = session, .time = 1, .mark = {}, .place = {}});
    mark(thief, MarkPurpose::prune, packs_of(world.repository));
    put_roster_after(thief, [](Roster&) {});
    Told told;
    Repository reader = must(world.repository.try_open(key::kReader, told, "a new one"));
    CHECK(told.has(Severity::alarm, "roster/"));
    CHECK(world.restore_all(reader) == 3);
    check_all(reader, told);
    CHECK(told.has(Severity::alarm, "/forgotten"));
    CHECK(told.has(Severity::alarm, "/fence"));
    CHECK(told.has(Severity::alarm, "marks/"));
    Repository backup = world.repository.open(key::kBackup);
    const BackupSummary made = must(world.back_up_again(backup));
    CHECK(made.new_chunks < made.chunks); // no pack is condemned
    CHECK(fails(issue_key(reader, {.role = Role::admin,
                                   .holder = "Kẻ Trộm",
                                   .unit = "",
                                   .domain = "",
                                   .expires = {},
                                   .secret = Credential::KeyFile{world.repository.key_file("x")}}),
                ErrorKind::wrong_key));
}

TEST_CASE("an admin's mark and forgotten remove nothing by themselves") {
    const World world;
    Access admin = world.repository.access(key::kDeputy, "the admin's");
    const SessionId session = *SessionId::from_hex_text(world.snapshots[2]);
    const Objects before = objects_of(world.repository);
    forget(admin, session);
    mark(admin, MarkPurpose::prune, packs_of(world.repository));
    Repository reader = world.repository.open(key::kReader);
    CHECK(world.restore_all(reader) == 2); // one is hidden
    Repository backup = world.repository.open(key::kBackup);
    CHECK(world.back_up_again(backup));
    check_kept(world.repository, before);
}

TEST_CASE("a bad admin who hands out other secrets of an epoch is an alarm to who is handed them") {
    const RepositoryCase repository;
    const Access admin = repository.access(key::kDeputy, "the admin's");
    const auto hand = [&](std::string_view key, const auto& change) {
        const Access victim = repository.access(key, "the victim's");
        put_roster_after(admin, [&](Roster& roster) {
            for (format::ActorEntry& actor : roster.actors) {
                if (actor.id != victim.keyring.actor())
                    continue;
                format::Bundle bundle;
                const format::Bundle& old = victim.keyring.bundle();
                for (const auto& epoch : old.epochs)
                    bundle.epochs.push_back({.epoch = epoch.epoch, .secret = epoch.secret.copy()});
                for (const auto& domain : old.domains)
                    bundle.domains.push_back({.domain = domain.domain,
                                              .suite = domain.suite,
                                              .secret = domain.secret.copy()});
                for (const auto& content : old.contents)
                    bundle.contents.push_back(
                        {.epoch = content.epoch, .secret = content.secret.copy()});
                change(bundle);
                actor.bundle = format::seal_bundle(admin.id(), roster.suite, roster.epoch, actor.id,
                                                   actor.seal, bundle);
            }
        });
        Told told;
        static_cast<void>(repository.try_open(key, told, "the victim's"));
        return told.has(Severity::alarm, "roster/");
    };
    SUBCASE("the same ones") {
        CHECK(!hand(key::kBackup, [](format::Bundle&) {}));
    }
    SUBCASE("another W") {
        CHECK(hand(key::kBackup, [](format::Bundle& bundle) {
            bundle.epochs.front().secret = crypto::Key::random();
        }));
    }
    SUBCASE("another e") {
        CHECK(hand(key::kReader, [](format::Bundle& bundle) {
            bundle.contents.front().secret = crypto::Key::random();
        }));
    }
}

TEST_CASE("a bad admin can't sign with another's key, nor make more of an honest one's backups") {
    const RepositoryCase repository;
    Access victim = repository.access(key::kBackup, "the victim's");
    const SessionId session = commit_snapshot(victim, {"one"});
    const Access admin = repository.access(key::kDeputy, "the admin's");
    const auto fresh = crypto::random_id<SessionId>();
    format::Record record = record_of(admin, session);
    record.session = fresh;
    const format::Authorship by = in_the_name_of(victim.keyring.actor(), admin);
    const util::Bytes done = format::seal_session_object(by, record, fresh.view());
    const auto head = head_of(admin, victim.keyring.actor());
    const std::string entry = name_of(put_commit(admin, by, fresh, done, head));
    repository.write(format::names::session(fresh, Part::done), done);
    Told told;
    CHECK(snapshots(repository.access(key::kReader, "a new one"), told) == std::vector{session});
    CHECK(told.has(Severity::alarm, entry));
    CHECK(told.has(Severity::alarm, fresh.hex()));
}

TEST_CASE("a bad admin may revoke an office, and everybody sees that he did") {
    const RepositoryCase repository;
    Access victim = repository.access(key::kBackup, "the victim's");
    const SessionId session = commit_snapshot(victim, {"one"});
    const auto head = head_of(victim, victim.keyring.actor());
    revoke(repository.access(key::kDeputy), victim.keyring.actor(), head);
    Repository founder = repository.open(key::kFounder);
    const auto keys = must(list_keys(founder));
    CHECK(std::ranges::none_of(
        keys, [&](const KeyInfo& one) { return one.actor == victim.keyring.actor().hex(); }));
    CHECK(snapshots(repository.access(key::kReader)) == std::vector{session});
    Told told;
    CHECK(fails(repository.try_open(key::kBackup, told, "the victim's"), ErrorKind::wrong_key));
}

TEST_CASE("a revoked admin's rival roster stops who saw neither, and nobody else") {
    const Revoked office;
    REQUIRE(office.repository.access(key::kBackup, "saw the right one").may_write());
    const RosterHash rival = office.put_rival();
    {
        Told told;
        const Repository saw =
            must(office.repository.try_open(key::kBackup, told, "saw the right one"));
        CHECK(told.has(Severity::alarm, "roster/"));
        CHECK(saw.impl().access.may_write());
        CHECK(saw.impl().access.rosters.current_hash() == office.right);
    }
    Told told;
    const Repository stranger = must(office.repository.try_open(key::kBackup, told, "a new one"));
    CHECK(told.has(Severity::alarm, "roster/"));
    CHECK(fails(stranger.impl().access.may_write(), ErrorKind::refused));
    CHECK(stranger.impl().access.rosters.current_hash() == std::min(rival, office.right));
}

TEST_CASE("a revoked admin can't settle the rivalry in his favour") {
    const Revoked office;
    const RosterHash rival = office.put_rival();
    Roster next = office.old;
    next.n += 2;
    put_signed(office.deputy, next, rival, {office.right});
    {
        const Access stranger = office.repository.access(key::kBackup, "a new one");
        CHECK(fails(stranger.may_write(), ErrorKind::refused));
    }
    // Who was an admin in both can.
    Access founder = office.repository.access(key::kFounder, "the founder's");
    Told told;
    must(repo::refresh(founder, told));
    REQUIRE(founder.rosters.current_hash() == office.right);
    Roster settling = founder.roster();
    settling.n += 1;
    put_signed(founder, settling, office.right, {rival});
    const Access stranger = office.repository.access(key::kBackup, "another new one");
    CHECK(stranger.may_write());
    CHECK(stranger.roster().find(office.deputy.keyring.actor()) == nullptr);
}

TEST_CASE("who is shown only a revoked admin's rivals follows them without an alarm") {
    const Revoked office;
    REQUIRE(office.repository.access(key::kBackup, "one that saw").rosters.current_hash() ==
            office.right);
    const RosterHash rival = office.put_rival();
    const std::string right = format::names::roster(office.old.n + 1, office.right);
    const auto is_right = [&](std::string_view name) { return name.starts_with(right); };
    Told told;
    const Repository stranger =
        must(open_over(office.repository, key::kBackup,
                       {.unlisted = is_right, .withheld = is_right}, told, "a new one"));
    CHECK(told.findings.empty()); // as THREATS.md says; what prevents it is to shut him out
    CHECK(stranger.impl().access.rosters.current_hash() == rival);
    // Whoever has seen the right one is not led astray: to him the store was set back.
    const Repository saw =
        must(open_over(office.repository, key::kBackup,
                       {.unlisted = is_right, .withheld = is_right}, told, "one that saw"));
    CHECK(told.has(Severity::alarm, "roster/"));
    CHECK(fails(saw.impl().access.may_write(), ErrorKind::refused));
}

TEST_CASE("a revoked admin stops writing by rosters that nothing leads to, and all by worse ones") {
    const Revoked office;
    Roster roster = office.old;
    SUBCASE("one that nothing leads to") {
        roster.n += 5;
        put_signed(office.deputy, roster, crypto::random_id<RosterHash>());
        Told told;
        const Repository reader = must(office.repository.try_open(key::kReader, told));
        CHECK(told.has(Severity::alarm, "roster/"));
        CHECK(fails(reader.impl().access.may_write(), ErrorKind::refused));
    }
    SUBCASE("one under the number of his revocation that can't be taken apart") {
        const format::Header header{
            .kind = format::Kind::roster, .suite = office.old.suite, .epoch = office.old.epoch};
        const util::Bytes subject = util::Writer().u64(office.old.n + 1).take();
        util::Bytes object;
        util::append(object, header.encode());
        util::append(object,
                     format::encode_signed(
                         {.repository = office.deputy.id(), .header = header, .subject = subject},
                         {.signer = office.deputy.keyring.actor(),
                          .roster = office.old_hash,
                          .rest = util::Bytes(7, std::byte{0xff})},
                         office.deputy.keyring.sign_pair()));
        put_roster_object(*office.deputy.store, office.old.n + 1, object);
        Told told;
        CHECK(!office.repository.try_open(key::kReader, told));
        // A person removes that object, and all is as before.
        for (const char* copy : {"", ".2"})
            office.repository.remove(
                format::names::roster(office.old.n + 1, format::name_of<RosterHash>(object)) +
                copy);
        CHECK(office.repository.try_open(key::kReader, told));
    }
    SUBCASE("a later one of his own, after the right one") {
        roster.n += 2;
        put_signed(office.deputy, roster, office.right);
        Told told;
        const Repository reader = must(office.repository.try_open(key::kReader, told));
        CHECK(told.has(Severity::alarm, "roster/"));
        CHECK(reader.impl().access.rosters.current_hash() == office.right);
        CHECK(reader.impl().access.may_write());
    }
}

TEST_CASE("what a revoked admin does afterwards counts nowhere") {
    RepositoryCase repository;
    Access backup = repository.access(key::kBackup, "the client's");
    const SessionId before = commit_snapshot(backup, {"one"});
    const SessionId after = commit_snapshot(backup, {"two"});
    Access deputy = repository.access(key::kDeputy, "the deputy's");
    const auto packs = packs_of(repository);
    const format::MarkId early = mark(deputy, MarkPurpose::prune, {packs.front()});
    forget(deputy, before);
    const format::ChainHead last = head_of(deputy, deputy.keyring.actor());
    revoke(repository.access(key::kFounder), deputy.keyring.actor(), last);

    // He goes on with a program of his own, by the roster that he has.
    put_object(deputy, after,
               format::Forgotten{.session = after, .time = 1, .reason = "", .place = {}});
    format::ChainHead head =
        put_act(deputy, format::Act::forget,
                {.roster = {}, .session = after, .mark = {}, .text = ""}, last);
    const format::MarkId late = put_mark(deputy, MarkPurpose::prune, {packs.back()});
    head = put_act(deputy, format::Act::mark,
                   {.roster = {}, .session = {}, .mark = late, .text = ""}, head);
    const auto open = crypto::random_id<SessionId>();
    put_object(deputy, open, format::Fence{.session = open, .time = 1, .mark = {}, .place = {}},
               "done");
    const SessionId his = [&] {
        format::Record record = record_of(deputy, after);
        record.session = crypto::random_id<SessionId>();
        record.domain = deputy.self().domain;
        const format::Authorship by = must(deputy.authorship());
        const util::Bytes done = format::seal_session_object(by, record, record.session.view());
        put_commit(deputy, by, record.session, done, head);
        repository.write(format::names::session(record.session, Part::done), done);
        return record.session;
    }();
    Told told;
    const auto left = snapshots(repository.access(key::kReader, "a new one"), told);
    CHECK(left == std::vector{after}); // he forgot the other while he counted
    CHECK(std::ranges::count(left, his) == 0);
    CHECK(told.has(Severity::alarm, open.hex())); // his fence is none
    Told begun;
    backup = repository.access(key::kBackup, "the client's");
    const auto session = must(repo::WriteSession::begin(backup, begun));
    CHECK(begun.has(Severity::alarm, late.hex()));
    CHECK(!begun.has(Severity::alarm, early.hex()));
}
