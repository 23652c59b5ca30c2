// SPDX-License-Identifier: Apache-2.0
#include "format/ledger_entry.hpp"

#include "format/fields.hpp"
#include "samples.hpp"

#include <algorithm>

using namespace saoluu;
using namespace saoluu::format;
using format::test::fails;
using format::test::kSuites;
using format::test::must;
using format::test::World;

namespace {

LedgerEntry some_entry(World& world) {
    auto& random = world.random;
    LedgerEntry entry;
    entry.n = random.number(limits::kNumber);
    entry.previous = random.ascending_ids<EntryHash>(entry.n == 0 ? 0 : random.size(1, 3));
    for (std::size_t left = random.size(0, 4); left > 0; --left)
        entry.heads.push_back({.actor = random.id<ActorId>(),
                               .n = random.number(limits::kNumber),
                               .hash = random.id<EntryHash>()});
    if (!entry.heads.empty()) { // a fork that was seen: the same actor twice
        entry.heads.push_back(entry.heads.front());
        entry.heads.back().hash = random.id<EntryHash>();
    }
    std::sort(entry.heads.begin(), entry.heads.end());
    entry.time = random.time();
    entry.place = random.id<PlaceId>();
    entry.act = 1 + random.number(20);
    entry.body = random.bytes(random.size(0, 100));
    if (entry.is(Act::commit))
        entry.session = random.id<SessionId>();
    for (const EntryHash& hash : random.ascending_ids<EntryHash>(random.size(0, 3)))
        entry.outcomes.push_back({.entry = hash, .seen = random.coin()});
    return entry;
}

Bytes sealed(const World& world, std::uint64_t n, BytesView rest) {
    const Bytes subject = util::Writer().raw(world.actor.view()).u64(n).take();
    return format::test::seal_any(world, Kind::ledger_entry, rest, subject, SelfCheck::no);
}

} // namespace

TEST_CASE("a ledger entry comes back as it was") {
    World world;
    INFO("seed ", world.random.seed());
    const Hash salt = world.random.id<Hash>();
    for (int i = 0; i < 100; ++i) {
        const Suite suite = kSuites[i % 2];
        const LedgerEntry entry = some_entry(world);
        const Bytes object = seal_entry_with_salt(world.by(suite), entry, salt);
        const OpenedEntry opened =
            must(open_entry(world.repository, world.epoch, world.actor, entry.n, object));
        CHECK(seal_entry_with_salt(world.by(suite), opened.entry, salt) == object);
        CHECK(opened.entry.previous == entry.previous);
        CHECK(opened.entry.heads == entry.heads);
        CHECK(opened.entry.body == entry.body);
        CHECK(opened.entry.session == entry.session);
        CHECK(opened.entry.place == entry.place);
        CHECK(opened.signer == world.actor);
        CHECK(opened.is_signed_by(world.repository, world.pair.public_half()));
        CHECK_FALSE(
            opened.is_signed_by(world.repository, crypto::SignPair::generate().public_half()));
    }
}

TEST_CASE("an entry belongs to one chain and one place in it") {
    World world;
    INFO("seed ", world.random.seed());
    const LedgerEntry entry = some_entry(world);
    const Bytes object = seal_entry(world.by(), entry);
    CHECK(fails(open_entry(world.repository, world.epoch, world.actor, entry.n + 1, object),
                ErrorKind::wrong_key));
    CHECK(fails(
        open_entry(world.repository, world.epoch, world.random.id<ActorId>(), entry.n, object),
        ErrorKind::wrong_key));
    // Sealed for a place, and naming another inside.
    FieldWriter rest;
    rest.add_varint(1, 6)
        .add(3, encode_ids(world.random.ascending_ids<EntryHash>(1)))
        .add_time(7, 1)
        .add_varint(9, 7);
    CHECK(fails(
        open_entry(world.repository, world.epoch, world.actor, 5, sealed(world, 5, rest.take())),
        ErrorKind::corrupt));
}

TEST_CASE("a flipped bit or a cut anywhere in a ledger entry opens nothing") {
    World world;
    INFO("seed ", world.random.seed());
    const LedgerEntry entry = some_entry(world);
    const Bytes object = seal_entry(world.by(), entry);
    const auto refuse = [&](BytesView damaged) {
        CHECK_FALSE(open_entry(world.repository, world.epoch, world.actor, entry.n, damaged));
    };
    format::test::every_flipped_bit(object, refuse, 3);
    format::test::every_wrong_length(object, refuse);
    CHECK(fails(open_entry(world.repository, world.epoch, world.actor, entry.n,
                           Bytes(limits::kLedgerEntry + 1)),
                ErrorKind::corrupt));
}

TEST_CASE("an entry with one field out of form is refused") {
    World world;
    INFO("seed ", world.random.seed());
    using Field = std::pair<std::uint64_t, Bytes>;
    const Bytes before = encode_ids(world.random.ascending_ids<EntryHash>(2));
    const Bytes one(1, std::byte{1});
    const Bytes session(16);
    const auto opened = [&](const Field& other, std::uint64_t n = 5) {
        const std::vector<Field> fields = {{1, Bytes(1, std::byte{5})},
                                           {3, before},
                                           {7, one},
                                           {9, Bytes(1, std::byte{7})},
                                           {17, Bytes(16)}};
        FieldWriter rest;
        bool written = false;
        for (const auto& [tag, value] : fields) {
            if (!written && other.first <= tag) {
                rest.add(other.first, other.second);
                written = true;
            }
            if (tag != other.first)
                rest.add(tag, value);
        }
        if (!written)
            rest.add(other.first, other.second);
        return open_entry(world.repository, world.epoch, world.actor, n,
                          sealed(world, n, rest.take()));
    };
    const auto head = [&](std::uint64_t n, std::size_t times) {
        util::Writer out;
        out.varint(times);
        for (std::size_t i = 0; i < times; ++i)
            out.raw(Bytes(32)).varint(n).raw(Bytes(32));
        return out.take();
    };
    REQUIRE(opened({2, {}}));
    REQUIRE(opened({5, head(limits::kNumber, 1)}));
    REQUIRE(opened({11, one}));
    const Bytes unsorted = util::Writer().varint(2).raw(Bytes(64)).take();
    for (const Field& bad : std::vector<Field>{
             {1, {}},
             {3, Bytes(1)}, // none before, and n is 5
             {3, unsorted},
             {5, Bytes(1)},
             {5, head(1, 2)},
             {5, head(limits::kNumber + 1, 1)},
             {7, {}},
             {9, {}},
             {9, Bytes(1, std::byte{3})}, // a commit without a session
             {11, {}},
             {13, Bytes(1)},
             {13, util::Writer().varint(1).raw(Bytes(32)).u8(0).take()},
             {13, util::Writer().varint(1).raw(Bytes(32)).u8(3).take()},
             {13, util::Writer().varint(2).raw(Bytes(32)).u8(1).raw(Bytes(32)).u8(1).take()},
             {15, session}}) { // a session, and no commit
        INFO("field ", bad.first);
        CHECK(fails(opened(bad), ErrorKind::corrupt));
    }
    CHECK(fails(opened({17, Bytes(15)}), ErrorKind::corrupt));
    CHECK(fails(opened({19, {}}), ErrorKind::unsupported));
}

TEST_CASE("a number of an act that is not known yet is passed on") {
    World world;
    INFO("seed ", world.random.seed());
    LedgerEntry entry;
    entry.act = 1'000'000;
    const Bytes object = seal_entry(world.by(), entry);
    const auto opened = must(open_entry(world.repository, world.epoch, world.actor, 0, object));
    CHECK(opened.entry.act == 1'000'000);
    CHECK_FALSE(opened.entry.is(Act::commit));
}

TEST_CASE("what an act says comes back") {
    World world;
    INFO("seed ", world.random.seed());
    const ActFacts facts{.roster = world.random.id<RosterHash>(),
                         .session = world.random.id<SessionId>(),
                         .mark = world.random.id<MarkId>(),
                         .text = "thử khôi phục"};
    const ActFacts decoded = must(decode_facts(encode_facts(facts)));
    CHECK(decoded.roster == facts.roster);
    CHECK(decoded.session == facts.session);
    CHECK(decoded.mark == facts.mark);
    CHECK(decoded.text == facts.text);
    CHECK(encode_facts({}).empty());
    const ActFacts none = must(decode_facts({}));
    CHECK_FALSE(none.roster);
    CHECK(none.text.empty());
    CHECK(fails(decode_facts(util::from_hex("0200").value()), ErrorKind::corrupt));
    CHECK(fails(decode_facts(util::from_hex("0700").value()), ErrorKind::unsupported));
}
