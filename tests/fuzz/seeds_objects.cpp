// SPDX-License-Identifier: Apache-2.0
// Seeds of what is signed: objects of sessions, the ledger, rosters.
#include "format/ledger_entry.hpp"
#include "format/roster.hpp"
#include "seeds.hpp"

#include <iterator>

namespace saoluu::fuzz {

using format::Kind;

void seed_sessions() {
    format::Record record;
    record.session = world().session;
    record.counts = {1, 2, 3, 400'000};
    record.job = "ngày";
    record.program = "saoluu 0.1";
    record.root_page = id_of<format::ChunkId>(1);
    record.note = {id_of<format::ChunkId>(9), id_of<format::ChunkId>(2)};
    record.started = 1'700'000'000;
    record.ended = 1'700'000'100;
    record.sequence = 4;
    record.predecessor = id_of<format::SessionId>(3);
    record.domain = 2;
    record.incomplete = true;
    record.segments = {id_of<format::SegmentId>(1), id_of<format::SegmentId>(2)};
    const format::PlaceId place = world().place;
    const format::SessionValue values[] = {
        record,
        format::OpenObject{.marks = {id_of<format::MarkId>(1)}, .started = 7, .place = place},
        format::Fence{.session = world().session,
                      .time = 8,
                      .mark = id_of<format::MarkId>(2),
                      .place = place},
        format::Forgotten{.session = world().session, .time = 9, .reason = "cũ", .place = place},
        format::Void{.session = world().session, .time = 10, .place = place},
        format::Mark{.purpose = format::MarkPurpose::damage,
                     .packs = {id_of<format::PackId>(1), id_of<format::PackId>(2)},
                     .reason = "hỏng",
                     .time = 11,
                     .place = place}};
    Bytes done;
    for (std::size_t i = 0; i < std::size(values); ++i) {
        const bool is_mark = std::holds_alternative<format::Mark>(values[i]);
        const BytesView subject = is_mark ? BytesView() : world().session.view();
        const Bytes object =
            format::seal_session_object_with_salt(by(), values[i], subject, world().salt);
        const auto opened =
            must(format::open_session_object(world().repository, world().epoch, object, subject));
        put("session_objects", "kind-" + std::to_string(i), rest_of(opened.body), choose(i));
        if (i == 0)
            done = object;
    }
    put("sealed", "record", done, choose(5));
    put("sealed", "with-self-check", done, choose(0));

    format::LedgerEntry commit;
    commit.n = 3;
    commit.previous = {id_of<format::EntryHash>(1)};
    commit.heads = {{id_of<format::ActorId>(2), 4, id_of<format::EntryHash>(3)}};
    commit.time = 12;
    commit.act = static_cast<std::uint64_t>(format::Act::commit);
    commit.body = Bytes(40);
    commit.place = place;
    commit.session = world().session;
    commit.outcomes = {{id_of<format::EntryHash>(1), true}, {id_of<format::EntryHash>(2), false}};
    const Bytes facts = format::encode_facts({.roster = world().roster,
                                              .session = world().session,
                                              .mark = id_of<format::MarkId>(1),
                                              .text = "khôi phục"});
    format::LedgerEntry first;
    first.act = static_cast<std::uint64_t>(format::Act::init);
    first.body = facts;
    first.place = place;
    for (const format::LedgerEntry& entry : {first, commit}) {
        const Bytes object = format::seal_entry_with_salt(by(), entry, world().salt);
        const auto opened = must(
            format::open_entry(world().repository, world().epoch, world().actor, entry.n, object));
        put("ledger_entry", "n-" + std::to_string(entry.n), rest_of(opened.body), choose(0));
        put("sealed", "entry-" + std::to_string(entry.n), object, choose(6));
    }
    put("ledger_entry", "facts", facts, choose(1));
}

void seed_roster() {
    const format::ActorNames names{.holder = "An", .unit = "Phòng", .domain = "chung"};
    format::Roster roster;
    roster.made = 5;
    roster.repository = world().repository;
    roster.write_features = {"x", "y"};
    roster.epoch = world().epoch.epoch;
    roster.content_public = world().holder.public_half();
    roster.epoch_secret_hash = id_of<format::Hash>(1);
    format::Bundle bundle;
    bundle.epochs.push_back({.epoch = 7, .secret = key_of(2)});
    bundle.domains.push_back({.domain = 1, .suite = format::Suite::aes256gcm, .secret = key_of(3)});
    bundle.contents.push_back({.epoch = 7, .secret = key_of(4)});
    const Bytes sealed_bundle = format::seal_bundle_with(
        world().repository, format::Suite::xchacha20, 7, world().actor,
        world().holder.public_half(), bundle, crypto::SealPair(key_of(10)));
    const auto context = world().context(Kind::names, world().actor.view());
    const Bytes plain_names = must(
        format::open_object(context, format::seal_names(context, names), format::SelfCheck::no));
    const Bytes sealed_names =
        format::seal_object_with_salt(context, plain_names, format::SelfCheck::no, world().salt);
    put("sealed", "bundle", sealed_bundle, choose(3));
    put("sealed", "names", sealed_names, choose(7));
    put("roster_secrets", "names", plain_names, choose(0));
    const auto list = [](std::string_view number, unsigned char secret) {
        return util::Writer()
            .varint(1)
            .raw(util::as_bytes(number))
            .raw(key_of(secret).view())
            .take();
    };
    put("roster_secrets", "bundle",
        util::Writer()
            .varint(1)
            .bytes(list("\7", 2))
            .varint(3)
            .bytes(list("\1\2", 3))
            .varint(5)
            .bytes(list("\7", 4))
            .view(),
        choose(1));
    for (unsigned char i = 1; i <= 2; ++i) {
        format::ActorEntry actor;
        actor.sign = crypto::SignPair(key_of(i)).public_half();
        actor.seal = crypto::SealPair(key_of(i)).public_half();
        actor.id = format::actor_id(world().repository, actor.sign, actor.seal);
        actor.role = i == 1 ? 3 : 1;
        actor.domain = i;
        actor.slot = id_of<format::SlotId>(i);
        actor.issued = 100;
        if (i == 2)
            actor.expires = 200;
        actor.slot_kind = static_cast<format::SlotKind>(i);
        actor.sealed_names = Bytes(20);
        actor.bundle = Bytes(20);
        roster.actors.push_back(std::move(actor));
    }
    std::sort(roster.actors.begin(), roster.actors.end(),
              [](const auto& a, const auto& b) { return a.id < b.id; });
    put("roster", "first", format::RosterObject::encode(roster, {}, world().actor, world().signer));
    roster.n = 1;
    roster.revoked = {{.actor = id_of<format::ActorId>(9),
                       .any_counts = true,
                       .last_n = 4,
                       .last_hash = id_of<format::EntryHash>(1)},
                      {.actor = id_of<format::ActorId>(9),
                       .any_counts = true,
                       .last_n = 4,
                       .last_hash = id_of<format::EntryHash>(2)}};
    roster.rivals = {id_of<format::RosterHash>(1), id_of<format::RosterHash>(2)};
    put("roster", "second",
        format::RosterObject::encode(roster, world().roster, world().actor, world().signer));
}

} // namespace saoluu::fuzz
