// SPDX-License-Identifier: Apache-2.0
#include "format/pack.hpp"

#include "samples.hpp"

#include <bit>

using namespace saoluu;
using namespace saoluu::format;
using format::test::fails;
using format::test::kSuites;
using format::test::must;
using format::test::Random;
using format::test::World;

namespace {

Header header_of(Suite suite, Kind kind = Kind::data_pack) {
    return {.kind = kind, .suite = suite, .epoch = 7};
}

FrameInfo some_frame(Random& random, Kind pack, std::uint32_t offset) {
    FrameInfo frame;
    frame.kind =
        pack == Kind::data_pack ? ChunkKind::data : static_cast<ChunkKind>(random.size(2, 4));
    frame.codec = random.coin() ? data::Codec::zstd : data::Codec::raw;
    frame.id = random.id<ChunkId>();
    frame.plain_size = static_cast<std::uint32_t>(random.size(1, 500));
    frame.stored_size = frame.codec == data::Codec::raw
                            ? frame.plain_size
                            : static_cast<std::uint32_t>(random.size(1, frame.plain_size));
    frame.offset = offset;
    return frame;
}

PackDirectory some_directory(World& world, Kind pack) {
    PackDirectory directory{.signer = world.actor,
                            .roster = world.roster,
                            .session = world.session,
                            .domain = static_cast<Domain>(world.random.number(0xffffffff)),
                            .frames_hash = world.random.id<Hash>(),
                            .frames = {}};
    std::uint32_t offset = PackHeader::kSize;
    for (std::size_t left = world.random.size(0, 20); left > 0; --left) {
        directory.frames.push_back(some_frame(world.random, pack, offset));
        offset += directory.frames.back().frame_size();
    }
    return directory;
}

/// Seals any bytes as a directory, which our code never does.
Bytes sealed_directory(const World& world, const PackHeader& header, BytesView rest) {
    const auto subject = header.encode();
    const Bytes object =
        format::test::seal_any(world, Kind::directory, rest, subject, SelfCheck::no);
    return {object.begin() + Header::kSize, object.end()};
}

} // namespace

TEST_CASE("a reader with e opens what a writer with E sealed") {
    World world;
    INFO("seed ", world.random.seed());
    const auto content = crypto::SealPair::generate();
    for (const Suite suite : kSuites) {
        for (const Kind kind : {Kind::data_pack, Kind::catalog_pack}) {
            PackCipher writer = must(PackCipher::create(
                world.repository, world.epoch, header_of(suite, kind), content.public_half()));
            const PackHeader header = must(PackHeader::decode(writer.header().encode()));
            PackCipher reader =
                must(PackCipher::open(world.repository, world.epoch, content, header));
            for (const std::uint64_t number :
                 {std::uint64_t{0}, world.random.number(1000), limits::kFrames - 1}) {
                const FrameInfo frame = some_frame(world.random, kind, 80);
                const Bytes stored = world.random.bytes(frame.stored_size);
                Bytes sealed(frame.frame_size());
                writer.seal_frame(frame, number, stored, sealed);
                Bytes opened(frame.stored_size);
                CHECK(reader.open_frame(frame, number, sealed, opened));
                CHECK(opened == stored);
                // In place, as a restore does it.
                CHECK(reader.open_frame(frame, number, sealed,
                                        std::span(sealed).first(frame.stored_size)));
                CHECK(std::equal(stored.begin(), stored.end(), sealed.begin()));
            }
        }
    }
}

TEST_CASE("who only writes can't open a pack, nor who has e without W, nor another repository") {
    World world;
    INFO("seed ", world.random.seed());
    const auto content = crypto::SealPair::generate();
    const PackCipher writer = must(PackCipher::create(
        world.repository, world.epoch, header_of(Suite::xchacha20), content.public_half()));
    const PackHeader& header = writer.header();
    CHECK(PackCipher::open(world.repository, world.epoch, content, header));
    CHECK(
        fails(PackCipher::open(world.repository, world.epoch, crypto::SealPair::generate(), header),
              ErrorKind::wrong_key));
    CHECK(fails(PackCipher::open(world.repository, World::other_key(), content, header),
                ErrorKind::wrong_key));
    CHECK(fails(PackCipher::open(world.random.id<RepositoryId>(), world.epoch, content, header),
                ErrorKind::wrong_key));
    const EpochKey later{.epoch = 8, .secret = world.epoch.secret.copy()};
    CHECK(fails(PackCipher::open(world.repository, later, content, header), ErrorKind::wrong_key));
}

TEST_CASE("no two packs share a key, even of the same chunks") {
    World world;
    INFO("seed ", world.random.seed());
    const auto content = crypto::SealPair::generate();
    const auto make = [&] {
        return must(PackCipher::create(world.repository, world.epoch, header_of(Suite::aes256gcm),
                                       content.public_half()));
    };
    const PackCipher one = make();
    const PackCipher two = make();
    CHECK(one.header().fresh_public != two.header().fresh_public);
    CHECK(one.header().commitment != two.header().commitment);
}

TEST_CASE("a public half that gives an all-zero secret makes no pack and opens none") {
    World world;
    INFO("seed ", world.random.seed());
    CHECK(fails(PackCipher::create(world.repository, world.epoch, header_of(Suite::xchacha20), {}),
                ErrorKind::corrupt));
    const PackHeader header{
        .header = header_of(Suite::xchacha20), .fresh_public = {}, .commitment = {}};
    CHECK(
        fails(PackCipher::open(world.repository, world.epoch, crypto::SealPair::generate(), header),
              ErrorKind::corrupt));
}

TEST_CASE("a frame opens only as what the directory says it is, and where") {
    World world;
    INFO("seed ", world.random.seed());
    const auto content = crypto::SealPair::generate();
    for (const Suite suite : kSuites) {
        PackCipher cipher = must(PackCipher::create(world.repository, world.epoch, header_of(suite),
                                                    content.public_half()));
        const FrameInfo frame{.kind = ChunkKind::data,
                              .codec = data::Codec::zstd,
                              .id = world.random.id<ChunkId>(),
                              .stored_size = 40,
                              .plain_size = 60,
                              .offset = 80};
        Bytes sealed(frame.frame_size());
        cipher.seal_frame(frame, 3, world.random.bytes(40), sealed);
        Bytes out(40);
        REQUIRE(cipher.open_frame(frame, 3, sealed, out));

        CHECK_FALSE(cipher.open_frame(frame, 2, sealed, out));
        CHECK_FALSE(cipher.open_frame(frame, limits::kFrames, sealed, out));
        // The frame number is more than its part in the nonce.
        CHECK_FALSE(cipher.open_frame(frame, (std::uint64_t{1} << 32) + 3, sealed, out));
        FrameInfo other = frame;
        other.kind = ChunkKind::page;
        CHECK_FALSE(cipher.open_frame(other, 3, sealed, out));
        other = frame;
        other.codec = data::Codec::raw;
        CHECK_FALSE(cipher.open_frame(other, 3, sealed, out));
        other = frame;
        other.plain_size = 61;
        CHECK_FALSE(cipher.open_frame(other, 3, sealed, out));
        for (std::size_t at = 0; at < ChunkId::size; ++at) {
            other = frame;
            other.id.bytes[at] ^= std::byte{1};
            CHECK_FALSE(cipher.open_frame(other, 3, sealed, out));
        }
        // Where it lies is the directory's matter, not the frame's.
        other = frame;
        other.offset = 1000;
        CHECK(cipher.open_frame(other, 3, sealed, out));
        format::test::every_flipped_bit(sealed, [&](BytesView damaged) {
            CHECK_FALSE(cipher.open_frame(frame, 3, damaged, out));
        });
        format::test::every_wrong_length(sealed, [&](BytesView damaged) {
            CHECK_FALSE(cipher.open_frame(frame, 3, damaged, out));
        });
        Bytes short_out(39);
        CHECK_FALSE(cipher.open_frame(frame, 3, sealed, short_out));
    }
}

TEST_CASE("a pack's header is 80 bytes, and of a pack") {
    World world;
    INFO("seed ", world.random.seed());
    const PackHeader header{.header = header_of(Suite::aes256gcm, Kind::catalog_pack),
                            .fresh_public = world.random.id<crypto::SealPublic>(),
                            .commitment = world.random.id<Hash>().bytes};
    const auto bytes = header.encode();
    CHECK(bytes.size() == 80);
    const PackHeader decoded = must(PackHeader::decode(bytes));
    CHECK(decoded.header == header.header);
    CHECK(decoded.fresh_public == header.fresh_public);
    CHECK(decoded.commitment == header.commitment);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        CHECK(fails(PackHeader::decode(BytesView(bytes).first(size)), ErrorKind::corrupt));
    PackHeader other = header;
    other.header.kind = Kind::roster;
    CHECK(fails(PackHeader::decode(other.encode()), ErrorKind::corrupt));
}

TEST_CASE("a directory comes back with every frame at its offset") {
    World world;
    INFO("seed ", world.random.seed());
    for (int i = 0; i < 20; ++i) {
        const Kind kind = i % 2 == 0 ? Kind::data_pack : Kind::catalog_pack;
        const PackHeader header{.header = header_of(kSuites[i / 2 % 2], kind),
                                .fresh_public = world.random.id<crypto::SealPublic>(),
                                .commitment = world.random.id<Hash>().bytes};
        const PackDirectory directory = some_directory(world, kind);
        const Bytes sealed =
            seal_directory(world.repository, world.epoch, header, directory, world.pair);
        const OpenedDirectory opened =
            must(open_directory(world.repository, world.epoch, header, sealed));
        CHECK(opened.directory.frames == directory.frames);
        CHECK(opened.directory.signer == directory.signer);
        CHECK(opened.directory.roster == directory.roster);
        CHECK(opened.directory.session == directory.session);
        CHECK(opened.directory.domain == directory.domain);
        CHECK(opened.directory.frames_hash == directory.frames_hash);
        CHECK(verify_directory(world.repository, header, opened, world.pair.public_half()));
        CHECK_FALSE(verify_directory(world.repository, header, opened,
                                     crypto::SignPair::generate().public_half()));
        // A directory belongs to the pack whose header it was sealed with.
        PackHeader other = header;
        other.fresh_public.bytes[5] ^= std::byte{1};
        CHECK(fails(open_directory(world.repository, world.epoch, other, sealed),
                    ErrorKind::wrong_key));
        CHECK_FALSE(verify_directory(world.repository, other, opened, world.pair.public_half()));
    }
}

TEST_CASE("a flipped bit or a cut anywhere in a directory or a trailer opens nothing") {
    World world;
    INFO("seed ", world.random.seed());
    const PackHeader header{.header = header_of(Suite::xchacha20),
                            .fresh_public = world.random.id<crypto::SealPublic>(),
                            .commitment = world.random.id<Hash>().bytes};
    const Bytes directory = seal_directory(world.repository, world.epoch, header,
                                           some_directory(world, Kind::data_pack), world.pair);
    const auto no_directory = [&](BytesView damaged) {
        CHECK_FALSE(open_directory(world.repository, world.epoch, header, damaged));
    };
    format::test::every_flipped_bit(directory, no_directory, 3);
    format::test::every_wrong_length(directory, no_directory);
    const Bytes trailer =
        seal_trailer(world.repository, world.epoch, header,
                     {.directory_offset = 80, .directory_size = directory.size(), .frames = 0});
    const auto no_trailer = [&](BytesView damaged) {
        CHECK_FALSE(open_trailer(world.repository, world.epoch, header, damaged));
    };
    format::test::every_flipped_bit(trailer, no_trailer);
    format::test::every_wrong_length(trailer, no_trailer);
    // Neither is the other.
    CHECK_FALSE(open_trailer(world.repository, world.epoch, header, directory));
    CHECK_FALSE(open_directory(world.repository, world.epoch, header, trailer));
}

TEST_CASE("a directory that could not be of a pack is refused") {
    World world;
    INFO("seed ", world.random.seed());
    const PackHeader header{
        .header = header_of(Suite::xchacha20), .fresh_public = {}, .commitment = {}};
    const auto opened = [&](std::initializer_list<Bytes> frames, std::uint64_t count) {
        util::Writer rest;
        rest.raw(world.session.view()).varint(1).raw(Bytes(32)).varint(count);
        for (const Bytes& frame : frames)
            rest.raw(frame);
        return open_directory(world.repository, world.epoch, header,
                              sealed_directory(world, header, rest.view()));
    };
    const auto frame = [](int kind, int codec, std::uint64_t stored, std::uint64_t plain) {
        return util::Writer()
            .u8(static_cast<std::uint8_t>(kind))
            .u8(static_cast<std::uint8_t>(codec))
            .raw(Bytes(32))
            .varint(stored)
            .varint(plain)
            .take();
    };
    CHECK(opened({frame(1, 0, 5, 5), frame(1, 1, 5, 8 << 20)}, 2));
    CHECK(opened({}, 0));
    for (const Bytes& bad :
         {frame(0, 0, 5, 5), frame(2, 0, 5, 5), frame(5, 0, 5, 5), frame(1, 0, 5, 6),
          frame(1, 0, 0, 0), frame(1, 1, 0, 5), frame(1, 1, 5, 0), frame(1, 1, 5, (8 << 20) + 1),
          frame(1, 1, (8 << 20) + 1, 5), frame(1, 1, ~std::uint64_t{0}, 5)})
        CHECK(fails(opened({bad}, 1), ErrorKind::corrupt));
    CHECK(fails(opened({frame(1, 2, 5, 5)}, 1), ErrorKind::unsupported));
    CHECK(fails(opened({frame(1, 0, 5, 5)}, 2), ErrorKind::corrupt));
    CHECK(fails(opened({frame(1, 0, 5, 5)}, 0), ErrorKind::corrupt));
    CHECK(fails(opened({}, limits::kFrames + 1), ErrorKind::corrupt));
    CHECK(fails(opened({}, ~std::uint64_t{0}), ErrorKind::corrupt));
    // More frames than a pack has room for.
    const Bytes large = frame(1, 0, 8 << 20, 8 << 20);
    CHECK(opened({large, large, large}, 3));
    util::Writer many;
    many.raw(world.session.view()).varint(1).raw(Bytes(32)).varint(32);
    for (int i = 0; i < 32; ++i)
        many.raw(large);
    CHECK(fails(open_directory(world.repository, world.epoch, header,
                               sealed_directory(world, header, many.view())),
                ErrorKind::corrupt));
}

TEST_CASE("a trailer leads into its pack") {
    World world;
    INFO("seed ", world.random.seed());
    const PackHeader header{
        .header = header_of(Suite::xchacha20), .fresh_public = {}, .commitment = {}};
    const auto subject = header.encode();
    Header as_trailer = header.header;
    as_trailer.kind = Kind::trailer;
    const auto opened = [&](std::uint64_t offset, std::uint64_t size, std::uint64_t frames) {
        const Bytes sealed = seal_value({.repository = world.repository,
                                         .epoch = world.epoch,
                                         .header = as_trailer,
                                         .subject = subject},
                                        util::Writer().u64(offset).u64(size).u64(frames).view());
        return open_trailer(world.repository, world.epoch, header, sealed);
    };
    const PackTrailer trailer = must(opened(81, 1000, 12));
    CHECK(trailer.directory_offset == 81);
    CHECK(trailer.directory_size == 1000);
    CHECK(trailer.frames == 12);
    CHECK(opened(limits::kPack, limits::kDirectory, limits::kFrames));
    CHECK(fails(opened(79, 1000, 1), ErrorKind::corrupt));
    CHECK(fails(opened(limits::kPack + 1, 1000, 1), ErrorKind::corrupt));
    CHECK(fails(opened(80, 79, 1), ErrorKind::corrupt));
    CHECK(fails(opened(80, limits::kDirectory + 1, 1), ErrorKind::corrupt));
    CHECK(fails(opened(80, 1000, limits::kFrames + 1), ErrorKind::corrupt));
    CHECK(fails(opened(~std::uint64_t{0}, ~std::uint64_t{0}, 1), ErrorKind::corrupt));
}

TEST_CASE("Padme gives few sizes and little waste") {
    Random random;
    INFO("seed ", random.seed());
    for (const auto& [size, padded] :
         std::initializer_list<std::pair<std::uint64_t, std::uint64_t>>{
             {0, 0}, {1, 1}, {2, 2}, {8, 8}, {9, 10}, {100, 104}, {1000, 1024}, {1025, 1088}})
        CHECK(padme(size) == padded);
    for (int i = 0; i < 10'000; ++i) {
        const std::uint64_t size = 2 + random.number(std::uint64_t{1} << 40);
        const std::uint64_t padded = padme(size);
        REQUIRE(padded >= size);
        REQUIRE(padme(padded) == padded);
        REQUIRE(padded - size <= size / 8); // at most 12 %, for small ones
        if (size > 1'000'000)
            REQUIRE(padded - size <= size / 30);
        // Only the first log2(log2 size) + 1 bits are left.
        const auto exponent = static_cast<unsigned>(std::bit_width(padded)) - 1;
        const auto bits = static_cast<unsigned>(std::bit_width(exponent));
        REQUIRE(padded % (std::uint64_t{1} << (exponent - bits)) == 0);
    }
}
