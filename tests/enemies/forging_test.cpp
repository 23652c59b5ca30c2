// SPDX-License-Identifier: Apache-2.0
// A thief with a backup key makes objects in the names of others.
#include "theft.hpp"

using namespace saoluu;
using namespace saoluu::test;
using format::SessionId;
using format::names::Part;
using repo::Access;

namespace {

/// Opens a session's object and seals its signed words again, as everybody with W can.
util::Bytes seal_again(const Access& thief, util::BytesView object, const SessionId& of,
                       const SessionId& as, std::optional<format::Kind> kind = {},
                       bool with_its_salt = false) {
    const format::EpochKey& epoch = *must(thief.keyring.epoch(thief.roster().epoch));
    const auto opened = must(format::open_session_object(thief.id(), epoch, object, of.view()));
    format::Header header = opened.header;
    header.kind = kind.value_or(header.kind);
    const format::SealContext context{
        .repository = thief.id(), .epoch = epoch, .header = header, .subject = as.view()};
    return with_its_salt ? format::seal_object_with_salt(context, opened.body,
                                                         format::SelfCheck::yes, opened.salt)
                         : format::seal_object(context, opened.body, format::SelfCheck::yes);
}

} // namespace

TEST_CASE("a snapshot in another's name is an alarm and does not count") {
    const Theft theft;
    const auto fresh = crypto::random_id<SessionId>();
    format::Record record = record_of(theft.thief, theft.session);
    record.session = fresh;
    record.sequence += 1;
    const format::Authorship by = in_the_name_of(theft.victim_id(), theft.thief);
    SUBCASE("its object alone") {
        theft.check_not_obeyed(theft.put(fresh, Part::done, theft.seal(by, fresh, record)));
    }
    SUBCASE("with an entry in the victim's chain") {
        const util::Bytes done = theft.seal(by, fresh, record);
        const auto head = head_of(theft.thief, theft.victim_id());
        const std::string entry = name_of(put_commit(theft.thief, by, fresh, done, head));
        theft.put(fresh, Part::done, done);
        theft.check_not_obeyed(entry);
    }
    SUBCASE("with an entry in the thief's own chain") {
        const util::Bytes done = theft.seal(by, fresh, record);
        put_commit(theft.thief, must(theft.thief.authorship()), fresh, done);
        theft.check_not_obeyed(theft.put(fresh, Part::done, done));
    }
    SUBCASE("signed in his own name, for the victim's domain") {
        const format::Authorship own = must(theft.thief.authorship());
        const util::Bytes done = theft.seal(own, fresh, record);
        put_commit(theft.thief, own, fresh, done);
        theft.check_not_obeyed(theft.put(fresh, Part::done, done));
    }
    SUBCASE("the victim's own words, sealed for another session") {
        const util::Bytes object =
            theft.repository.read(format::names::session(theft.session, Part::done));
        const format::EpochKey& epoch =
            *must(theft.thief.keyring.epoch(theft.thief.roster().epoch));
        // The record says which session it is of, so that it does not even open there.
        const util::Bytes moved = seal_again(theft.thief, object, theft.session, fresh);
        CHECK(!format::open_session_object(theft.thief.id(), epoch, moved, fresh.view()));
        theft.put(fresh, Part::done, moved);
        Told told;
        CHECK(snapshots(theft.victim, told) == theft.before);
        CHECK(is_told(told));
    }
}

TEST_CASE("another's session can't be taken over by a commit of one's own") {
    const Theft theft;
    const format::Authorship own = must(theft.thief.authorship());
    format::Record record = record_of(theft.thief, theft.session);
    record.domain = theft.thief.self().domain;
    record.root_page = {};
    const util::Bytes done = theft.seal(own, theft.session, record);
    put_commit(theft.thief, own, theft.session, done);
    const std::string done_name = format::names::session(theft.session, Part::done);
    SUBCASE("beside the victim's done") {}
    SUBCASE("in place of the victim's done") {
        theft.repository.write(done_name, done);
    }
    SUBCASE("in place of one that the victim saw") {
        append_to_ledger(const_cast<Access&>(theft.victim));
        theft.repository.write(done_name, done);
    }
    Told told;
    const Access stranger = theft.repository.access(key::kReader, "a new computer");
    CHECK(snapshots(stranger, told) == theft.before);
    CHECK(told.has(Severity::alarm, "snapshots/" + theft.session.hex()));
    const repo::History history = must(repo::load_history(stranger, told));
    for (const repo::Snapshot& one : history.snapshots.snapshots)
        CHECK(one.actor != theft.thief.keyring.actor());
}

TEST_CASE("signed words stay what they were signed as") {
    const Theft theft;
    const std::string done_name = format::names::session(theft.session, Part::done);
    const util::Bytes done = theft.repository.read(done_name);
    SUBCASE("a twin of a record, under a salt of its own") {
        // Its ledger entry carries other bytes, and stands in: its maker saw it finished.
        append_to_ledger(const_cast<Access&>(theft.victim));
        theft.repository.write(done_name,
                               seal_again(theft.thief, done, theft.session, theft.session));
        theft.check_not_obeyed(done_name);
    }
    SUBCASE("an admin's void of his own session, sealed as forgotten") {
        const std::string name =
            put_object(const_cast<Access&>(theft.admin), theft.admins,
                       format::Void{.session = theft.admins, .time = 1, .place = {}});
        const util::Bytes object = theft.repository.read(name);
        for (const bool with_its_salt : {true, false}) {
            theft.put(theft.admins, Part::forgotten,
                      seal_again(theft.thief, object, theft.admins, theft.admins,
                                 format::Kind::forgotten, with_its_salt));
            theft.check_not_obeyed(format::names::session(theft.admins, Part::forgotten));
        }
    }
    SUBCASE("an admin's forgotten of one session, sealed for another") {
        const auto other = commit_snapshot(const_cast<Access&>(theft.admin), {"four"});
        forget(const_cast<Access&>(theft.admin), other);
        const std::string name = format::names::session(other, Part::forgotten);
        theft.put(
            theft.session, Part::forgotten,
            seal_again(theft.thief, theft.repository.read(name), other, theft.session, {}, true));
        Told told;
        CHECK(snapshots(theft.victim, told) == theft.before);
        CHECK(is_told(told));
    }
}

TEST_CASE("a thief's fence, void, forgotten and open in others' names end and hide nothing") {
    const Theft theft;
    const SessionId& session = theft.session;
    const format::PlaceId place = theft.thief.place.place;
    const format::Authorship as_admin = in_the_name_of(theft.admin_id(), theft.thief);
    const format::Authorship own = must(theft.thief.authorship());
    SUBCASE("forgotten") {
        for (const format::Authorship& by : {as_admin, own}) {
            const std::string name = theft.put(
                session, Part::forgotten,
                theft.seal(by, session,
                           format::Forgotten{
                               .session = session, .time = 1, .reason = "", .place = place}));
            theft.check_not_obeyed(name);
        }
    }
    SUBCASE("a fence in place of done") {
        for (const format::Authorship& by : {as_admin, own}) {
            const auto open = crypto::random_id<SessionId>();
            const std::string name = theft.put(
                open, Part::done,
                theft.seal(by, open,
                           format::Fence{.session = open, .time = 1, .mark = {}, .place = place}));
            theft.check_not_obeyed(name);
        }
    }
    SUBCASE("an open that the victim never put") {
        const auto open = crypto::random_id<SessionId>();
        const std::string name =
            theft.put(open, Part::open,
                      theft.seal(in_the_name_of(theft.victim_id(), theft.thief), open,
                                 format::OpenObject{.marks = {}, .started = 1, .place = place}));
        theft.check_check_tells(name);
    }
    SUBCASE("fence and void beside done, where the store has no exclusive create") {
        format::PlaceObject said = theft.thief.place;
        said.facts["exclusive-create"] = "no";
        theft.repository.write("place", util::as_bytes(said.encode()));
        const std::string fence = theft.put(
            session, Part::fence,
            theft.seal(as_admin, session,
                       format::Fence{.session = session, .time = 1, .mark = {}, .place = place}));
        theft.put(session, Part::void_,
                  theft.seal(in_the_name_of(theft.victim_id(), theft.thief), session,
                             format::Void{.session = session, .time = 1, .place = place}));
        theft.check_not_obeyed(fence);
    }
    SUBCASE("his own void beside an admin's fence") {
        format::PlaceObject said = theft.thief.place;
        said.facts["exclusive-create"] = "no";
        theft.repository.write("place", util::as_bytes(said.encode()));
        put_object(const_cast<Access&>(theft.admin), session,
                   format::Fence{.session = session, .time = 1, .mark = {}, .place = {}});
        put_object(const_cast<Access&>(theft.thief), session,
                   format::Void{.session = session, .time = 1, .place = {}});
        Told told;
        CHECK(snapshots(theft.repository.access(key::kReader), told) == theft.before);
    }
}

TEST_CASE("what another's chain is said to say of his commits is not believed") {
    const Theft theft;
    // "Abandoned", of a snapshot that the victim made: in the victim's name, and in the thief's.
    Told told;
    const repo::Ledger ledger = must(repo::Ledger::load(theft.thief, told));
    const repo::LedgerItem& commit = *ledger.commits_of(theft.session).front();
    format::LedgerEntry entry;
    entry.act = static_cast<std::uint64_t>(format::Act::check);
    entry.outcomes = {{.entry = commit.hash, .seen = false}};
    put_entry(theft.thief, must(theft.thief.authorship()), entry, {});
    const std::string forged = name_of(put_entry(
        theft.thief, in_the_name_of(theft.victim_id(), theft.thief), entry,
        format::ChainHead{.actor = theft.victim_id(), .n = commit.entry.n, .hash = commit.hash}));
    // A done that is damaged counts only while no entry says "abandoned".
    theft.repository.flip_bit(format::names::session(theft.session, Part::done), 90);
    theft.check_not_obeyed(forged);
}

TEST_CASE("a mark in another's name condemns nothing") {
    const Theft theft;
    std::vector<format::PackId> packs;
    for (const std::string& name : theft.repository.names("packs/"))
        packs.push_back(format::names::parse_as<format::names::PackName>(name)->pack);
    std::ranges::sort(packs);
    const format::ActorId reader = theft.repository.access(key::kReader).keyring.actor();
    for (const auto& [signer, purpose] :
         std::vector<std::pair<format::ActorId, format::MarkPurpose>>{
             {theft.admin_id(), format::MarkPurpose::prune},
             {reader, format::MarkPurpose::damage},
             {theft.thief.keyring.actor(), format::MarkPurpose::damage}}) {
        format::Mark mark;
        mark.purpose = purpose;
        mark.packs = packs;
        mark.time = 1;
        mark.place = theft.thief.place.place;
        const util::Bytes object =
            format::seal_session_object(in_the_name_of(signer, theft.thief), mark, {});
        const std::string name = format::names::mark(format::name_of<format::MarkId>(object));
        must(theft.thief.store->put(name, object));
        Told told;
        const auto session =
            must(repo::WriteSession::begin(const_cast<Access&>(theft.victim), told));
        CHECK(told.has(Severity::alarm, name));
        CHECK(session->claim(
                  format::ChunkKind::data,
                  session->domain().chunk_id(format::ChunkKind::data, util::as_bytes("one"))) ==
              repo::WriteSession::Claim::known);
        theft.check_check_tells(name);
    }
}

TEST_CASE("nobody makes himself an admin by rosters of his own") {
    const Theft theft;
    const Access before = theft.repository.access(key::kReader, "one who looks");
    const std::uint64_t n = before.roster().n;
    format::Roster promoted = theft.thief.roster();
    promoted.n = n + 1;
    for (format::ActorEntry& actor : promoted.actors)
        if (actor.id == theft.thief.keyring.actor())
            actor.role = 3;
    const auto encode = [&](const format::Roster& roster, const format::RosterHash& previous,
                            const format::ActorId& signer) {
        return format::RosterObject::encode(roster, previous, signer,
                                            theft.thief.keyring.sign_pair());
    };
    std::size_t alarms = 0;
    SUBCASE("signed by himself, and one after it as the admin that it makes of him") {
        const auto first = put_roster_object(
            *theft.thief.store, n + 1,
            encode(promoted, before.rosters.current_hash(), theft.thief.keyring.actor()));
        promoted.n = n + 2;
        put_roster_object(*theft.thief.store, n + 2,
                          encode(promoted, first, theft.thief.keyring.actor()));
        alarms = 2;
    }
    SUBCASE("in the founder's name") {
        put_roster_object(*theft.thief.store, n + 1,
                          encode(promoted, before.rosters.current_hash(), theft.admin_id()));
        alarms = 1;
    }
    SUBCASE("with the founder's signature of the newest one") {
        const std::string name = format::names::roster(n, before.rosters.current_hash());
        const util::Bytes good = theft.repository.read(name);
        util::Bytes object = encode(promoted, before.rosters.current_hash(), theft.admin_id());
        std::copy(good.end() - 64, good.end(), object.end() - 64);
        put_roster_object(*theft.thief.store, n + 1, object);
        alarms = 1;
    }
    SUBCASE("as a roster 0 of his own") {
        promoted.n = 0;
        put_roster_object(*theft.thief.store, 0, encode(promoted, {}, theft.thief.keyring.actor()));
        alarms = 1;
    }
    SUBCASE("an old one, under the next number") {
        const util::Bytes old = theft.repository.read(theft.repository.names("roster/").front());
        put_roster_object(*theft.thief.store, n + 1, old);
        alarms = 1;
    }
    for (const std::string& machine : {std::string("the thief's"), std::string("a new one")}) {
        Told told;
        Repository thief = must(theft.repository.try_open(key::kOther, told, machine));
        CHECK(thief.role() == Role::backup);
        CHECK(thief.impl().access.rosters.current_hash() == before.rosters.current_hash());
        CHECK(told.count(Severity::alarm) == alarms);
        CHECK(fails(
            issue_key(thief, {.role = Role::admin,
                              .holder = "Kẻ Trộm",
                              .unit = "",
                              .domain = "",
                              .expires = {},
                              .secret = Credential::KeyFile{theft.repository.key_file("thief")}}),
            ErrorKind::wrong_key));
    }
    // Nor does he stop the admin.
    Repository admin = theft.repository.open(key::kFounder, "the admin's");
    CHECK(issue_key(admin, {.role = Role::backup,
                            .holder = "Đỗ Thị Mới",
                            .unit = "",
                            .domain = "",
                            .expires = {},
                            .secret = Credential::KeyFile{theft.repository.key_file("new")}}));
}
