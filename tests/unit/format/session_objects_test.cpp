// SPDX-License-Identifier: Apache-2.0
#include "format/session_objects.hpp"

#include "format/fields.hpp"
#include "samples.hpp"

using namespace saoluu;
using namespace saoluu::format;
using format::test::fails;
using format::test::kSuites;
using format::test::must;
using format::test::World;

namespace {

Record some_record(World& world) {
    auto& random = world.random;
    Record record;
    record.session = world.session;
    for (std::size_t left = random.size(0, 12); left > 0; --left)
        record.counts.push_back(random.number(~std::uint64_t{0}));
    record.job = random.text();
    record.program = random.text();
    record.root_page = random.id<ChunkId>();
    for (std::size_t left = random.size(0, 3); left > 0; --left)
        record.note.push_back(random.id<ChunkId>());
    record.started = random.time();
    record.ended = random.time();
    record.sequence = 1 + random.number(1'000'000);
    if (random.coin())
        record.predecessor = random.id<SessionId>();
    record.domain = static_cast<Domain>(random.number(0xffffffff));
    record.incomplete = random.coin();
    record.segments = random.ascending_ids<SegmentId>(random.size(0, 3));
    return record;
}

std::vector<SessionValue> one_of_each(World& world) {
    auto& random = world.random;
    Fence fence{
        .session = world.session, .time = random.time(), .mark = {}, .place = random.id<PlaceId>()};
    if (random.coin())
        fence.mark = random.id<MarkId>();
    return {OpenObject{.marks = random.ascending_ids<MarkId>(random.size(0, 4)),
                       .started = random.time(),
                       .place = random.id<PlaceId>()},
            some_record(world),
            fence,
            Forgotten{.session = world.session,
                      .time = random.time(),
                      .reason = random.text(),
                      .place = random.id<PlaceId>()},
            Void{.session = world.session, .time = random.time(), .place = random.id<PlaceId>()},
            Mark{.purpose = random.coin() ? MarkPurpose::prune : MarkPurpose::damage,
                 .packs = random.ascending_ids<PackId>(random.size(0, 4)),
                 .reason = random.text(),
                 .time = random.time(),
                 .place = random.id<PlaceId>()}};
}

Bytes subject_of(const World& world, const SessionValue& value) {
    return std::holds_alternative<Mark>(value) ? Bytes() : util::copy_of(world.session.view());
}

/// Seals any fields as a session object of a kind.
Bytes sealed(const World& world, Kind kind, BytesView rest, BytesView subject) {
    return format::test::seal_any(world, kind, rest, subject,
                                  kind == Kind::mark ? SelfCheck::no : SelfCheck::yes);
}

} // namespace

TEST_CASE("every object of a session, and a mark, comes back as it was") {
    World world;
    INFO("seed ", world.random.seed());
    const Hash salt = world.random.id<Hash>();
    for (const Suite suite : kSuites)
        for (int round = 0; round < 20; ++round)
            for (const SessionValue& value : one_of_each(world)) {
                const Bytes subject = subject_of(world, value);
                const Bytes object =
                    seal_session_object_with_salt(world.by(suite), value, subject, salt);
                const OpenedSessionObject opened =
                    must(open_session_object(world.repository, world.epoch, object, subject));
                CHECK(opened.value.index() == value.index());
                CHECK(seal_session_object_with_salt(world.by(suite), opened.value, subject, salt) ==
                      object);
                CHECK(opened.signer == world.actor);
                CHECK(opened.roster == world.roster);
                CHECK(opened.is_signed_by(world.repository, subject, world.pair.public_half()));
                CHECK_FALSE(opened.is_signed_by(world.repository, subject,
                                                crypto::SignPair::generate().public_half()));
            }
}

TEST_CASE("a record's counts are read by name, and are 0 where it has none") {
    Record record;
    record.counts = {12, 3};
    CHECK(count_of(record, Count::files) == 12);
    CHECK(count_of(record, Count::folders) == 3);
    CHECK(count_of(record, Count::stored_bytes) == 0);
}

TEST_CASE("an object of one session is nothing under another, nor as another kind") {
    World world;
    INFO("seed ", world.random.seed());
    const Bytes other = util::copy_of(world.random.id<SessionId>().view());
    for (const SessionValue& value : one_of_each(world)) {
        const Bytes subject = subject_of(world, value);
        const Bytes object = seal_session_object(world.by(), value, subject);
        CHECK_FALSE(open_session_object(world.repository, world.epoch, object, other));
        CHECK(fails(open_session_object(world.repository, World::other_key(), object, subject),
                    ErrorKind::wrong_key));
    }
    // Sealed for one session, naming another.
    FieldWriter rest;
    rest.add(1, other).add_time(3, 1).add(5, Bytes(16));
    CHECK(fails(open_session_object(world.repository, world.epoch,
                                    sealed(world, Kind::void_, rest.take(), world.session.view()),
                                    world.session.view()),
                ErrorKind::corrupt));
    // A kind that is none of a session's.
    CHECK(fails(open_session_object(world.repository, world.epoch,
                                    sealed(world, Kind::index_segment, {}, {}), {}),
                ErrorKind::corrupt));
}

TEST_CASE("a flipped bit or a cut anywhere in an object of a session opens nothing") {
    World world;
    INFO("seed ", world.random.seed());
    for (const SessionValue& value : one_of_each(world)) {
        const Bytes subject = subject_of(world, value);
        const Bytes object = seal_session_object(world.by(), value, subject);
        const auto refuse = [&](BytesView damaged) {
            CHECK_FALSE(open_session_object(world.repository, world.epoch, damaged, subject));
        };
        format::test::every_flipped_bit(object, refuse, 3);
        format::test::every_wrong_length(object, refuse);
    }
}

TEST_CASE("each kind has its own limit") {
    World world;
    INFO("seed ", world.random.seed());
    const auto opened = [&](Kind kind, std::size_t object_size) {
        // A field of an even, unknown tag makes an object of any size.
        const std::size_t overhead = kind == Kind::mark ? 0 : 32;
        const std::size_t around = Header::kSize + kSealedOverhead + 128 + overhead;
        FieldWriter start;
        switch (kind) {
        case Kind::open:
            start.add_time(3, 1).add(5, Bytes(16));
            break;
        case Kind::record:
            start.add(1, world.session.view())
                .add(3, {})
                .add(5, Bytes(32))
                .add_time(9, 1)
                .add_time(11, 1)
                .add_varint(13, 1)
                .add_varint(17, 0);
            break;
        case Kind::mark:
            start.add_u8(1, 1).add(3, Bytes(1)).add_time(5, 1).add(7, Bytes(16));
            break;
        default:
            start.add(1, world.session.view())
                .add_time(3, 1)
                .add(kind == Kind::fence ? 7 : 5, Bytes(16));
        }
        Bytes rest = start.take();
        const std::size_t left = object_size - around - rest.size();
        // The tag, and the length in as many bytes as it needs.
        const std::size_t filling = left - 1 - util::varint_size(left - 5);
        util::append(rest, util::Writer().varint(40).bytes(Bytes(filling)).view());
        const Bytes subject = kind == Kind::mark ? Bytes() : util::copy_of(world.session.view());
        const Bytes object = sealed(world, kind, rest, subject);
        CHECK(object.size() == object_size);
        return open_session_object(world.repository, world.epoch, object, subject);
    };
    for (const auto& [kind, most] :
         std::initializer_list<std::pair<Kind, std::uint64_t>>{{Kind::open, limits::kOpen},
                                                               {Kind::record, limits::kRecord},
                                                               {Kind::fence, limits::kSmall},
                                                               {Kind::forgotten, limits::kSmall},
                                                               {Kind::void_, limits::kSmall},
                                                               {Kind::mark, limits::kMark}}) {
        const std::string title = title_of(kind);
        INFO(title);
        CHECK(opened(kind, most));
        CHECK(fails(opened(kind, most + 1), ErrorKind::corrupt));
    }
}

TEST_CASE("a record names at most as many segments as it has room for") {
    World world;
    INFO("seed ", world.random.seed());
    Record record = some_record(world);
    record.segments = world.random.ascending_ids<SegmentId>(limits::kRecordSegments);
    const Bytes object = seal_session_object(world.by(), record, world.session.view());
    const auto opened =
        must(open_session_object(world.repository, world.epoch, object, world.session.view()));
    CHECK(std::get<Record>(opened.value).segments == record.segments);
    FieldWriter rest;
    rest.add(1, world.session.view()).add(3, {}).add(5, Bytes(32)).add_time(9, 1).add_time(11, 1);
    rest.add_varint(13, 1).add_varint(17, 0);
    rest.add(21, encode_ids(world.random.ascending_ids<SegmentId>(limits::kRecordSegments + 1)));
    CHECK(fails(open_session_object(world.repository, world.epoch,
                                    sealed(world, Kind::record, rest.take(), world.session.view()),
                                    world.session.view()),
                ErrorKind::corrupt));
}

TEST_CASE("an object with one field out of form is refused") {
    World world;
    INFO("seed ", world.random.seed());
    using Field = std::pair<std::uint64_t, Bytes>;
    const auto opened = [&](Kind kind, std::vector<Field> fields, const Field& other) {
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
        const Bytes subject = kind == Kind::mark ? Bytes() : util::copy_of(world.session.view());
        return open_session_object(world.repository, world.epoch,
                                   sealed(world, kind, rest.take(), subject), subject);
    };
    const Bytes session = util::copy_of(world.session.view());
    const Bytes zero(1);
    const Bytes twice = util::Writer().varint(2).raw(Bytes(64)).take();
    const std::vector<Field> open = {{3, zero}, {5, Bytes(16)}};
    const std::vector<Field> record = {{1, session}, {3, {}},    {5, Bytes(32)},
                                       {9, zero},    {11, zero}, {13, Bytes(1, std::byte{1})},
                                       {17, zero}};
    const std::vector<Field> mark = {
        {1, Bytes(1, std::byte{1})}, {3, zero}, {5, zero}, {7, Bytes(16)}};
    REQUIRE(opened(Kind::open, open, {2, {}}));
    REQUIRE(opened(Kind::record, record, {6, {}}));
    REQUIRE(opened(Kind::mark, mark, {2, {}}));
    for (const Field& bad : std::vector<Field>{
             {1, zero}, {1, twice}, {3, {}}, {3, Bytes(2)}, {5, Bytes(15)}, {5, Bytes(17)}})
        CHECK(fails(opened(Kind::open, open, bad), ErrorKind::corrupt));
    for (const Field& bad : std::vector<Field>{{2, zero},
                                               {2, Bytes(2)},
                                               {3, Bytes(1)},
                                               {4, {}},
                                               {5, Bytes(31)},
                                               {7, zero},
                                               {7, Bytes(32)},
                                               {9, {}},
                                               {13, zero},
                                               {15, Bytes(15)},
                                               {17, util::Writer().varint(0x100000000).take()},
                                               {19, zero},
                                               {21, zero},
                                               {21, twice},
                                               {19, Bytes(1, std::byte{2})},
                                               {19, Bytes(2, std::byte{1})}})
        CHECK(fails(opened(Kind::record, record, bad), ErrorKind::corrupt));
    // A note may name the same chunk twice: its chunks are a sequence.
    CHECK(opened(Kind::record, record, {7, twice}));
    for (const Field& bad : std::vector<Field>{
             {1, zero}, {1, Bytes(1, std::byte{3})}, {3, twice}, {3, {}}, {4, {}}, {5, Bytes(2)}})
        CHECK(fails(opened(Kind::mark, mark, bad), ErrorKind::corrupt));
    CHECK(fails(opened(Kind::open, open, {7, {}}), ErrorKind::unsupported));
    CHECK(fails(opened(Kind::record, record, {23, {}}), ErrorKind::unsupported));
    CHECK(fails(opened(Kind::mark, mark, {9, {}}), ErrorKind::unsupported));
}
