// SPDX-License-Identifier: Apache-2.0
#include "format/roster.hpp"

#include "format/fields.hpp"
#include "samples.hpp"

#include <algorithm>

using namespace saoluu;
using namespace saoluu::format;
using format::test::fails;
using format::test::must;
using format::test::Random;

namespace {

/// Any 32 bytes but the few that no public half may be are a public half to the format.
ActorEntry some_actor(Random& random, const RepositoryId& repository) {
    ActorEntry actor;
    actor.sign = random.id<crypto::SignPublic>();
    actor.seal = random.id<crypto::SealPublic>();
    actor.id = actor_id(repository, actor.sign, actor.seal);
    actor.role = static_cast<std::uint8_t>(random.size(1, 4));
    actor.domain = static_cast<Domain>(random.number(0xffffffff));
    actor.slot = random.id<SlotId>();
    actor.slot_kind = random.coin() ? SlotKind::passphrase : SlotKind::key_file;
    actor.issued = random.time();
    if (random.coin())
        actor.expires = random.time();
    actor.sealed_names = random.bytes(random.size(0, 200));
    actor.bundle = random.bytes(random.size(0, 200));
    return actor;
}

Roster some_roster(Random& random) {
    Roster roster;
    roster.n = random.number(limits::kNumber);
    if (random.coin())
        roster.made = random.time();
    roster.repository = random.id<RepositoryId>();
    for (std::size_t left = random.size(0, 2); left > 0; --left) {
        roster.read_features.push_back(random.text());
        roster.write_features.push_back(random.text());
    }
    roster.suite = random.coin() ? Suite::xchacha20 : Suite::aes256gcm;
    roster.chunks = {.least = 1 + random.number(8), .average = 16, .greatest = limits::kDataChunk};
    roster.epoch = static_cast<Epoch>(random.number(0xffffffff));
    roster.content_public = random.id<crypto::SealPublic>();
    roster.epoch_secret_hash = random.id<Hash>();
    for (std::size_t left = random.size(1, 5); left > 0; --left)
        roster.actors.push_back(some_actor(random, roster.repository));
    std::sort(roster.actors.begin(), roster.actors.end(),
              [](const ActorEntry& a, const ActorEntry& b) { return a.id < b.id; });
    for (const ActorId& actor : random.ascending_ids<ActorId>(random.size(0, 3))) {
        const std::size_t branches = random.size(0, 3);
        if (branches == 0)
            roster.revoked.push_back(
                {.actor = actor, .any_counts = false, .last_n = 0, .last_hash = {}});
        for (const EntryHash& hash : random.ascending_ids<EntryHash>(branches))
            roster.revoked.push_back({.actor = actor,
                                      .any_counts = true,
                                      .last_n = random.number(limits::kNumber),
                                      .last_hash = hash});
    }
    roster.rivals = random.ascending_ids<RosterHash>(random.size(0, 3));
    return roster;
}

RosterHash before(const Roster& roster, Random& random) {
    return roster.n == 0 ? RosterHash{} : random.id<RosterHash>();
}

/// The object of other fields than encode() would write: (tag, new value), an empty optional
/// leaves the field out.
Bytes with_field(const Bytes& object, std::uint64_t tag, std::optional<Bytes> value,
                 const crypto::SignPair& pair) {
    const SignedView view = must(SignedView::decode(BytesView(object).subspan(Header::kSize)));
    util::Reader in(view.rest);
    FieldWriter out;
    bool written = false;
    const auto write = [&] {
        if (!written && value)
            out.add(tag, *value);
        written = true;
    };
    while (!in.at_end()) {
        const std::uint64_t found = must(in.varint());
        const BytesView bytes = must(in.bytes(in.left()));
        if (found >= tag)
            write();
        if (found != tag)
            out.add(found, bytes);
    }
    write();
    const Bytes subject(8);
    const Header header = must(Header::decode(object));
    util::Writer whole;
    whole.raw(header.encode())
        .raw(encode_signed({.repository = {}, .header = header, .subject = subject},
                           {.signer = view.signer, .roster = view.roster, .rest = out.take()},
                           pair));
    return whole.take();
}

Bytes bytes_of(std::string_view text) {
    return util::copy_of(util::as_bytes(text));
}

} // namespace

TEST_CASE("a roster comes back as it was") {
    Random random;
    INFO("seed ", random.seed());
    const auto pair = crypto::SignPair::generate();
    for (int i = 0; i < 50; ++i) {
        const Roster roster = some_roster(random);
        const auto previous = before(roster, random);
        const auto signer = random.id<ActorId>();
        const Bytes object = RosterObject::encode(roster, previous, signer, pair);
        const RosterObject decoded = must(RosterObject::decode(object));
        CHECK(RosterObject::encode(decoded.roster, decoded.previous, decoded.signer, pair) ==
              object);
        CHECK(decoded.signer == signer);
        CHECK(decoded.previous == previous);
        CHECK(decoded.hash == name_of<RosterHash>(object));
        CHECK(decoded.roster.n == roster.n);
        CHECK(decoded.roster.made == roster.made);
        CHECK(decoded.roster.read_features == roster.read_features);
        CHECK(decoded.roster.chunks == roster.chunks);
        CHECK(decoded.roster.rivals == roster.rivals);
        CHECK(decoded.roster.epoch_secret_hash == roster.epoch_secret_hash);
        CHECK(RosterObject::is_signed_by(object, decoded, pair.public_half()));
        CHECK_FALSE(RosterObject::is_signed_by(object, decoded,
                                               crypto::SignPair::generate().public_half()));
    }
}

TEST_CASE("actors and revocations are found by id") {
    Random random;
    INFO("seed ", random.seed());
    const Roster roster = some_roster(random);
    for (const ActorEntry& actor : roster.actors)
        CHECK(roster.find(actor.id) == &actor);
    std::size_t found = 0;
    for (const Revocation& one : roster.revoked) {
        REQUIRE(roster.revocation(one.actor) != nullptr);
        const auto all = roster.revocations(one.actor);
        CHECK(roster.revocation(one.actor) == all.data());
        CHECK(std::any_of(all.begin(), all.end(),
                          [&one](const Revocation& other) { return &one == &other; }));
        for (const Revocation& other : all)
            CHECK(other.actor == one.actor);
        if (&one == all.data())
            found += all.size();
    }
    CHECK(found == roster.revoked.size());
    CHECK(roster.revocations(random.id<ActorId>()).empty());
    CHECK(roster.find(random.id<ActorId>()) == nullptr);
    CHECK(roster.revocation(random.id<ActorId>()) == nullptr);
    CHECK(Roster().find(random.id<ActorId>()) == nullptr);
}

TEST_CASE("a flipped bit anywhere in a roster is refused or breaks its signature") {
    Random random;
    INFO("seed ", random.seed());
    const auto pair = crypto::SignPair::generate();
    const Roster roster = some_roster(random);
    const Bytes object =
        RosterObject::encode(roster, before(roster, random), random.id<ActorId>(), pair);
    const auto refuse = [&](BytesView damaged) {
        const auto decoded = RosterObject::decode(damaged);
        CHECK((!decoded || !RosterObject::is_signed_by(damaged, *decoded, pair.public_half())));
        if (decoded)
            CHECK(decoded->hash != name_of<RosterHash>(object));
    };
    format::test::every_flipped_bit(object, refuse, 3);
    format::test::every_wrong_length(object, refuse);
}

TEST_CASE("a roster with one field out of form is refused") {
    Random random;
    INFO("seed ", random.seed());
    const auto pair = crypto::SignPair::generate();
    Roster roster = some_roster(random);
    roster.n = 5;
    const Bytes object = RosterObject::encode(roster, random.id<RosterHash>(), {}, pair);
    REQUIRE(RosterObject::decode(with_field(object, 2, std::nullopt, pair)));
    const auto decoded = [&](std::uint64_t tag, std::optional<Bytes> value) {
        return RosterObject::decode(with_field(object, tag, std::move(value), pair));
    };
    const auto small_order =
        util::from_hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
    for (const std::uint64_t tag : {1U, 3U, 9U, 11U, 13U, 15U, 17U, 23U}) {
        INFO("without field ", tag);
        CHECK(fails(decoded(tag, std::nullopt), ErrorKind::corrupt));
    }
    const auto varints = [](std::initializer_list<std::uint64_t> numbers) {
        util::Writer out;
        out.u8(1);
        for (const std::uint64_t number : numbers)
            out.varint(number);
        return out.take();
    };
    CHECK(fails(decoded(1, util::Writer().varint(limits::kNumber + 1).take()), ErrorKind::corrupt));
    CHECK(fails(decoded(1, Bytes(1)), ErrorKind::corrupt)); // n = 0 and one before
    CHECK(fails(decoded(9, Bytes(1, std::byte{3})), ErrorKind::corrupt));
    CHECK(fails(decoded(11, Bytes(1, std::byte{2})), ErrorKind::unsupported));
    CHECK(fails(decoded(11, varints({0, 16, 32})), ErrorKind::corrupt));
    CHECK(fails(decoded(11, varints({16, 8, 32})), ErrorKind::corrupt));
    CHECK(fails(decoded(11, varints({8, 24, 32})), ErrorKind::corrupt));
    CHECK(fails(decoded(11, varints({8, 16, limits::kDataChunk + 1})), ErrorKind::corrupt));
    CHECK(fails(decoded(11, varints({8, 16, 32, 1})), ErrorKind::corrupt));
    CHECK(fails(decoded(15, small_order), ErrorKind::corrupt));
    CHECK(fails(decoded(5, Bytes(1)), ErrorKind::corrupt)); // an empty list written out
    CHECK(fails(decoded(5, bytes_of("\x01\x02\xff\xff")), ErrorKind::corrupt));
    CHECK(fails(decoded(19, Bytes(1)), ErrorKind::corrupt));
    CHECK(fails(decoded(21, Bytes(1)), ErrorKind::corrupt));
    CHECK(fails(decoded(23, Bytes(31)), ErrorKind::corrupt));
    CHECK(fails(decoded(25, Bytes(1)), ErrorKind::unsupported));
    CHECK(decoded(26, Bytes(1)));
}

TEST_CASE("the list of revoked has one order, and none beside a branch that counts") {
    Random random;
    INFO("seed ", random.seed());
    const auto pair = crypto::SignPair::generate();
    const Roster roster = some_roster(random);
    const Bytes object =
        RosterObject::encode(roster, before(roster, random), random.id<ActorId>(), pair);
    struct Item {
        std::uint8_t actor, any;
        std::uint64_t n;
        std::uint8_t hash;
    };
    const auto decoded = [&](std::initializer_list<Item> items) {
        util::Writer list;
        list.varint(items.size());
        for (const Item& item : items)
            list.raw(Bytes(32, static_cast<std::byte>(item.actor)))
                .u8(item.any)
                .varint(item.n)
                .raw(Bytes(32, static_cast<std::byte>(item.hash)));
        return RosterObject::decode(with_field(object, 19, list.take(), pair));
    };
    CHECK(decoded({{1, 0, 0, 0}, {2, 1, 5, 6}, {2, 1, 4, 7}, {3, 1, limits::kNumber, 1}}));
    CHECK(fails(decoded({{2, 0, 0, 0}, {1, 0, 0, 0}}), ErrorKind::corrupt));
    CHECK(fails(decoded({{1, 0, 0, 0}, {1, 0, 0, 0}}), ErrorKind::corrupt));
    CHECK(fails(decoded({{1, 0, 0, 0}, {1, 1, 1, 1}}), ErrorKind::corrupt));
    CHECK(fails(decoded({{1, 1, 1, 2}, {1, 1, 1, 2}}), ErrorKind::corrupt));
    CHECK(fails(decoded({{1, 1, 1, 2}, {1, 1, 2, 1}}), ErrorKind::corrupt));
    CHECK(fails(decoded({{1, 0, 1, 0}}), ErrorKind::corrupt));
    CHECK(fails(decoded({{1, 0, 0, 1}}), ErrorKind::corrupt));
    CHECK(fails(decoded({{1, 2, 1, 1}}), ErrorKind::corrupt));
    CHECK(fails(decoded({{1, 1, limits::kNumber + 1, 1}}), ErrorKind::corrupt));
}

TEST_CASE("an actor out of form refuses the roster, and the message says which") {
    Random random;
    INFO("seed ", random.seed());
    const auto pair = crypto::SignPair::generate();
    Roster roster = some_roster(random);
    const Bytes object =
        RosterObject::encode(roster, before(roster, random), random.id<ActorId>(), pair);
    const ActorEntry good = some_actor(random, roster.repository);
    const auto decoded = [&](const std::function<void(FieldWriter&)>& tail, std::uint8_t role,
                             const crypto::SealPublic& seal) {
        FieldWriter actor;
        actor.add(1, good.sign.view()).add(3, seal.view()).add_u8(5, role);
        tail(actor);
        return RosterObject::decode(
            with_field(object, 17, util::Writer().varint(1).bytes(actor.take()).take(), pair));
    };
    const auto rest = [&](FieldWriter& actor) {
        actor.add_varint(7, 1)
            .add(9, good.slot.view())
            .add_time(11, 0)
            .add(15, {})
            .add(17, {})
            .add_u8(19, 1);
    };
    REQUIRE(decoded(rest, 1, good.seal));
    for (const std::uint8_t role : std::initializer_list<std::uint8_t>{0, 5, 255})
        CHECK(fails(decoded(rest, role, good.seal), ErrorKind::corrupt));
    CHECK(fails(decoded(rest, 1, crypto::SealPublic{}), ErrorKind::corrupt));
    CHECK(fails(decoded([](FieldWriter&) {}, 1, good.seal), ErrorKind::corrupt));
    const auto with = [&](std::uint64_t domain, std::size_t slot_size, std::uint8_t slot_kind) {
        return decoded(
            [&](FieldWriter& actor) {
                actor.add_varint(7, domain)
                    .add(9, Bytes(slot_size))
                    .add_time(11, 0)
                    .add(15, {})
                    .add(17, {})
                    .add_u8(19, slot_kind);
            },
            1, good.seal);
    };
    CHECK(with(0xffffffff, 16, 2));
    CHECK(fails(with(0x100000000, 16, 2), ErrorKind::corrupt));
    CHECK(fails(with(1, 15, 2), ErrorKind::corrupt));
    CHECK(fails(with(1, 16, 0), ErrorKind::corrupt));
    CHECK(fails(with(1, 16, 3), ErrorKind::corrupt));
    const auto unknown = decoded(
        [&](FieldWriter& actor) {
            rest(actor);
            actor.add(21, {});
        },
        1, good.seal);
    REQUIRE(fails(unknown, ErrorKind::unsupported));
    CHECK(unknown.error().message().find("actor 1 of 1") != std::string::npos);
}

TEST_CASE("hostile counts in a roster take no memory") {
    Random random;
    INFO("seed ", random.seed());
    const auto pair = crypto::SignPair::generate();
    const Roster roster = some_roster(random);
    const Bytes object =
        RosterObject::encode(roster, before(roster, random), random.id<ActorId>(), pair);
    for (const std::uint64_t tag : {5U, 7U, 17U, 19U, 21U})
        for (const std::uint64_t count : {limits::kActors + 1, std::uint64_t{1} << 60}) {
            INFO("field ", tag);
            const Bytes value = util::Writer().varint(count).raw(Bytes(100)).take();
            CHECK(fails(RosterObject::decode(with_field(object, tag, value, pair)),
                        ErrorKind::corrupt));
        }
    CHECK(fails(RosterObject::decode(Bytes(limits::kRoster + 1)), ErrorKind::corrupt));
}

TEST_CASE("version 1 knows no feature") {
    CHECK(unknown_features({}).empty());
    CHECK(unknown_features({"a", "b"}) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("an actor's id depends on the repository and both public halves") {
    Random random;
    INFO("seed ", random.seed());
    const auto repository = random.id<RepositoryId>();
    const auto sign = random.id<crypto::SignPublic>();
    const auto seal = random.id<crypto::SealPublic>();
    const ActorId id = actor_id(repository, sign, seal);
    CHECK(id == actor_id(repository, sign, seal));
    CHECK(id != actor_id(random.id<RepositoryId>(), sign, seal));
    CHECK(id != actor_id(repository, random.id<crypto::SignPublic>(), seal));
    CHECK(id != actor_id(repository, sign, random.id<crypto::SealPublic>()));
}
