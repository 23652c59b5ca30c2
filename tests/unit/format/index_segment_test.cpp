// SPDX-License-Identifier: Apache-2.0
#include "format/index_segment.hpp"

#include "samples.hpp"

#include <algorithm>

using namespace saoluu;
using namespace saoluu::format;
using format::test::fails;
using format::test::kSuites;
using format::test::must;
using format::test::World;

namespace {

constexpr std::uint32_t kPackSize = 1 << 20;

IndexEntry some_entry(format::test::Random& random, std::size_t packs) {
    IndexEntry entry;
    entry.id = random.id<ChunkId>();
    entry.pack = static_cast<std::uint32_t>(random.size(0, packs - 1));
    entry.frame = static_cast<std::uint32_t>(random.size(0, 1000));
    entry.offset = static_cast<std::uint32_t>(random.size(80, kPackSize / 2));
    entry.stored_size = static_cast<std::uint32_t>(random.size(1, 5000));
    entry.kind = static_cast<ChunkKind>(random.size(1, 4));
    entry.codec = random.coin() ? data::Codec::raw : data::Codec::zstd;
    entry.plain_size = entry.codec == data::Codec::raw ? entry.stored_size : 100'000;
    return entry;
}

IndexSegment some_segment(World& world, std::size_t packs, std::size_t entries) {
    IndexSegment segment;
    segment.signer = world.actor;
    segment.roster = world.roster;
    segment.replaces = world.random.ascending_ids<SegmentId>(world.random.size(0, 3));
    for (std::size_t i = 0; i < packs; ++i)
        segment.packs.push_back({.pack = world.random.id<PackId>(),
                                 .session = world.random.id<SessionId>(),
                                 .actor = world.random.id<ActorId>(),
                                 .size = kPackSize});
    for (std::size_t i = 0; i < entries; ++i)
        segment.entries.push_back(some_entry(world.random, packs));
    return segment;
}

Bytes sealed(const World& world, BytesView rest) {
    return format::test::seal_any(world, Kind::index_segment, rest, {}, SelfCheck::no);
}

} // namespace

TEST_CASE("an index segment comes back as it was sealed") {
    World world;
    INFO("seed ", world.random.seed());
    for (const Suite suite : kSuites)
        for (const std::size_t entries : std::initializer_list<std::size_t>{0, 1, 500}) {
            IndexSegment segment = some_segment(world, entries == 0 ? 0 : 4, entries);
            segment.sort();
            const Bytes object = segment.seal(world.repository, world.epoch, suite, world.pair);
            const OpenedSegment opened = must(open_segment(world.repository, world.epoch, object));
            CHECK(opened.segment.replaces == segment.replaces);
            CHECK(opened.segment.packs == segment.packs);
            CHECK(opened.segment.entries == segment.entries);
            CHECK(opened.segment.signer == world.actor);
            CHECK(opened.segment.roster == world.roster);
            CHECK(opened.is_signed_by(world.repository, world.pair.public_half()));
            CHECK_FALSE(
                opened.is_signed_by(world.repository, crypto::SignPair::generate().public_half()));
        }
}

TEST_CASE("sorting moves entries along with their packs") {
    World world;
    INFO("seed ", world.random.seed());
    IndexSegment segment = some_segment(world, 10, 300);
    // The same chunk in several places, as after a copy by a sweep.
    for (int i = 0; i < 20; ++i)
        segment.entries.push_back(segment.entries[static_cast<std::size_t>(i)]);
    for (std::size_t i = segment.entries.size() - 20; i < segment.entries.size(); ++i)
        segment.entries[i].offset += 1;
    auto pack_of = [](const IndexSegment& in, const IndexEntry& entry) {
        return in.packs[entry.pack].pack;
    };
    std::vector<std::pair<ChunkId, PackId>> before;
    for (const IndexEntry& entry : segment.entries)
        before.emplace_back(entry.id, pack_of(segment, entry));
    segment.sort();
    std::vector<std::pair<ChunkId, PackId>> after;
    for (const IndexEntry& entry : segment.entries)
        after.emplace_back(entry.id, pack_of(segment, entry));
    std::sort(before.begin(), before.end());
    std::sort(after.begin(), after.end());
    CHECK(before == after);
    CHECK(open_segment(world.repository, world.epoch,
                       segment.seal(world.repository, world.epoch, Suite::xchacha20, world.pair)));
}

TEST_CASE("a flipped bit or a cut anywhere in an index segment opens nothing") {
    World world;
    INFO("seed ", world.random.seed());
    IndexSegment segment = some_segment(world, 2, 5);
    segment.sort();
    const Bytes object = segment.seal(world.repository, world.epoch, Suite::aes256gcm, world.pair);
    const auto refuse = [&](BytesView damaged) {
        CHECK_FALSE(open_segment(world.repository, world.epoch, damaged));
    };
    format::test::every_flipped_bit(object, refuse, 3);
    format::test::every_wrong_length(object, refuse);
    CHECK(fails(open_segment(world.repository, World::other_key(), object), ErrorKind::wrong_key));
    CHECK(fails(open_segment(world.repository, world.epoch, Bytes(limits::kSegment + 1)),
                ErrorKind::corrupt));
}

TEST_CASE("an entry that could not be in its pack refuses the segment") {
    World world;
    INFO("seed ", world.random.seed());
    const auto pack = [&](std::uint32_t size) {
        return util::Writer().raw(Bytes(32 + 16 + 32)).u32(size).take();
    };
    struct Fields {
        std::uint32_t pack = 0, frame = 0, offset = 80, stored = 4, plain = 4;
        std::uint8_t kind = 1, codec = 0;
    };
    const auto opened = [&](const Fields& f, std::uint32_t pack_size = 100) {
        return open_segment(world.repository, world.epoch,
                            sealed(world, util::Writer()
                                              .varint(0)
                                              .varint(1)
                                              .raw(pack(pack_size))
                                              .varint(1)
                                              .raw(Bytes(32))
                                              .u32(f.pack)
                                              .u32(f.frame)
                                              .u32(f.offset)
                                              .u32(f.stored)
                                              .u32(f.plain)
                                              .u8(f.kind)
                                              .u8(f.codec)
                                              .view()));
    };
    CHECK(opened({}));
    CHECK(opened({.frame = (1 << 20) - 1}));
    for (const Fields& bad :
         {Fields{.pack = 1}, Fields{.frame = 1 << 20}, Fields{.offset = 79}, Fields{.offset = 81},
          Fields{.offset = 0xffffffff}, Fields{.stored = 5, .plain = 5},
          Fields{.stored = 0, .plain = 0}, Fields{.plain = 5}, Fields{.kind = 0}, Fields{.kind = 5},
          Fields{.plain = (8 << 20) + 1, .codec = 1},
          Fields{.plain = (1 << 20) + 1, .kind = 2, .codec = 1}})
        CHECK(fails(opened(bad), ErrorKind::corrupt));
    CHECK(fails(opened({.codec = 2}), ErrorKind::unsupported));
    CHECK(fails(opened({}, (256 << 20) + 1), ErrorKind::corrupt));
}

TEST_CASE("the segments that one replaces are a set in order") {
    World world;
    INFO("seed ", world.random.seed());
    const auto opened = [&](std::initializer_list<std::uint8_t> replaced) {
        util::Writer rest;
        rest.varint(replaced.size());
        for (const std::uint8_t byte : replaced)
            rest.raw(Bytes(32, static_cast<std::byte>(byte)));
        return open_segment(world.repository, world.epoch,
                            sealed(world, rest.varint(0).varint(0).view()));
    };
    CHECK(must(opened({1, 2, 9})).segment.replaces.size() == 3);
    CHECK(fails(opened({2, 1}), ErrorKind::corrupt));
    CHECK(fails(opened({1, 1}), ErrorKind::corrupt));
}

TEST_CASE("hostile counts in a segment take no memory") {
    World world;
    INFO("seed ", world.random.seed());
    for (const std::uint64_t count :
         {std::uint64_t{1}, std::uint64_t{1} << 33, ~std::uint64_t{0}}) {
        for (int lists_before = 0; lists_before < 3; ++lists_before) {
            util::Writer rest;
            for (int i = 0; i < lists_before; ++i)
                rest.varint(0);
            rest.varint(count).raw(Bytes(31));
            CHECK(fails(open_segment(world.repository, world.epoch, sealed(world, rest.view())),
                        ErrorKind::corrupt));
        }
    }
}
