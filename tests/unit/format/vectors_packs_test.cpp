// SPDX-License-Identifier: Apache-2.0
#include "vectors_setting.hpp"

#include "format/pack.hpp"

/// Section 8 of FORMAT.md: packs.
using namespace saoluu;
using namespace saoluu::format;
using format::test::Setting;
using format::test::Wrapper;
using saoluu::test::hex;
using saoluu::test::hex_of;
using saoluu::test::id;
using saoluu::test::Json;
using saoluu::test::key;
using saoluu::test::must;
using saoluu::test::Refused;
using saoluu::test::Section;

namespace {

std::vector<FrameInfo> frames_in(const Json& chunks) {
    std::vector<FrameInfo> frames;
    std::uint32_t offset = PackHeader::kSize;
    for (const Json& chunk : chunks) {
        FrameInfo frame{.kind = static_cast<ChunkKind>(chunk.at("kind").get<int>()),
                        .codec = static_cast<data::Codec>(chunk.at("codec").get<int>()),
                        .id = id<ChunkId>(chunk.at("id")),
                        .stored_size = static_cast<std::uint32_t>(hex(chunk.at("stored")).size()),
                        .plain_size = chunk.at("plain-length").get<std::uint32_t>(),
                        .offset = offset};
        offset += frame.frame_size();
        frames.push_back(frame);
    }
    return frames;
}
Header pack_header(const Json& in) {
    return {.kind = static_cast<Kind>(in.at("kind").get<int>()),
            .suite = static_cast<Suite>(in.at("suite").get<int>()),
            .epoch = in.at("epoch").get<Epoch>()};
}

const Section kPackKey("pack-key", [](const Json& in, const Json& out) {
    const auto repository = id<RepositoryId>(in.at("repository"));
    const EpochKey epoch{.epoch = in.at("epoch").get<Epoch>(), .secret = key(in.at("W"))};
    const crypto::SealPair fresh(key(in.at("x")));
    const crypto::SealPair content(key(in.at("e")));
    CHECK(fresh.public_half().hex() == out.at("X"));
    CHECK(content.public_half().hex() == out.at("E"));
    CHECK(hex_of(must(content.shared_with(fresh.public_half())).view()) == out.at("shared"));
    const PackCipher cipher = must(
        PackCipher::create_with(repository, epoch, pack_header(in), content.public_half(), fresh));
    CHECK(hex_of(cipher.header().commitment) == out.at("commitment"));
    CHECK(PackCipher::open(repository, epoch, content, cipher.header()));
});
const Section kFrame("frame", [](const Json& in, const Json& out) {
    const auto repository = id<RepositoryId>(in.at("repository"));
    const Header header = must(Header::decode(hex(in.at("common-header"))));
    // The vectors name the key that a pack of these secrets has (section pack-key).
    const EpochKey epoch{.epoch = header.epoch,
                         .secret = crypto::Key::copy_of(Bytes(32, std::byte{0x57}))};
    const crypto::SealPair content(crypto::Key::copy_of(Bytes(32, std::byte{0x65})));
    const crypto::SealPair fresh(crypto::Key::copy_of(Bytes(32, std::byte{0x78})));
    PackCipher cipher =
        must(PackCipher::create_with(repository, epoch, header, content.public_half(), fresh));
    const FrameInfo frame = frames_in(Json::array({in})).front();
    const auto number = in.at("number").get<std::uint64_t>();
    const Bytes stored = hex(in.at("stored"));
    Bytes sealed(frame.frame_size());
    cipher.seal_frame(frame, number, stored, sealed);
    CHECK(hex_of(sealed) == out.at("bytes"));
    PackCipher reader = must(PackCipher::open(repository, epoch, content, cipher.header()));
    Bytes opened(frame.stored_size);
    CHECK(reader.open_frame(frame, number, hex(out.at("bytes")), opened));
    CHECK(opened == stored);
});

const Section kPack("pack", [](const Json& in, const Json& out) {
    const Setting by(in);
    const crypto::SealPair fresh(key(in.at("x")));
    PackCipher cipher = must(PackCipher::create_with(by.repository, by.epoch, pack_header(in),
                                                     id<crypto::SealPublic>(in.at("E")), fresh));
    const auto header = cipher.header().encode();
    CHECK(hex_of(header) == out.at("header"));
    CHECK(must(PackHeader::decode(header)).encode() == header);

    Bytes pack = util::copy_of(header);
    PackDirectory directory{.signer = by.signer,
                            .roster = by.roster,
                            .session = id<SessionId>(in.at("session")),
                            .domain = in.at("domain").get<Domain>(),
                            .frames_hash = {},
                            .frames = frames_in(in.at("chunks"))};
    for (std::size_t i = 0; i < directory.frames.size(); ++i) {
        const FrameInfo& frame = directory.frames[i];
        CHECK(pack.size() == frame.offset);
        pack.resize(pack.size() + frame.frame_size());
        cipher.seal_frame(frame, i, hex(in.at("chunks").at(i).at("stored")),
                          std::span(pack).subspan(frame.offset));
    }
    directory.frames_hash = crypto::hash(pack);
    const Bytes sealed =
        seal_directory_with_salt(by.repository, by.epoch, cipher.header(), directory, by.pair,
                                 id<Hash>(in.at("directory-salt")));
    CHECK(directory.frames_hash.hex() == out.at("frames-hash"));
    CHECK(hex_of(sealed) == out.at("directory"));
    const PackTrailer trailer{.directory_offset = pack.size(),
                              .directory_size = sealed.size(),
                              .frames = directory.frames.size()};
    const Bytes tail = seal_trailer_with_salt(by.repository, by.epoch, cipher.header(), trailer,
                                              id<Hash>(in.at("trailer-salt")));
    CHECK(hex_of(tail) == out.at("trailer"));
    util::append(pack, sealed);
    const std::size_t padded = padme(pack.size() + kPackTail);
    const std::size_t padding = padded - pack.size() - kPackTail;
    CHECK(padding == out.at("padding-length").get<std::size_t>());
    pack.insert(pack.end(), padding, static_cast<std::byte>(in.at("padding-byte").get<int>()));
    util::append(pack, tail);
    util::append(pack, header);
    CHECK(hex_of(pack) == out.at("pack"));
    CHECK(name_of<PackId>(pack).hex() == out.at("name"));

    const PackTrailer found =
        must(open_trailer(by.repository, by.epoch, cipher.header(), hex(out.at("trailer"))));
    CHECK(found.directory_offset == trailer.directory_offset);
    CHECK(found.directory_size == trailer.directory_size);
    CHECK(found.frames == trailer.frames);
    const OpenedDirectory opened =
        must(open_directory(by.repository, by.epoch, cipher.header(), hex(out.at("directory"))));
    CHECK(hex_of(opened.body) == out.at("directory-body"));
    CHECK(opened.directory.frames == directory.frames);
    CHECK(opened.directory.session == directory.session);
    CHECK(opened.directory.signer == directory.signer);
    CHECK(opened.directory.roster == directory.roster);
    CHECK(opened.directory.domain == directory.domain);
    CHECK(opened.directory.frames_hash == directory.frames_hash);
    CHECK(verify_directory(by.repository, cipher.header(), opened, by.pair.public_half()));
});

PackHeader header_of_kind(Kind kind) {
    return {.header = {.kind = kind, .suite = Suite::xchacha20, .epoch = 7},
            .fresh_public = {},
            .commitment = {}};
}
const Section kDirectoryRest("directory-rest", [](const Json& in, const Json& out) {
    const Wrapper w;
    const PackHeader header = header_of_kind(Kind::data_pack);
    const Bytes sealed = seal_directory(w.repository, w.epoch, header,
                                        {.signer = w.actor,
                                         .roster = {},
                                         .session = id<SessionId>(in.at("session")),
                                         .domain = in.at("domain").get<Domain>(),
                                         .frames_hash = id<Hash>(in.at("frames-hash")),
                                         .frames = frames_in(in.at("chunks"))},
                                        w.pair);
    const OpenedDirectory opened = must(open_directory(w.repository, w.epoch, header, sealed));
    CHECK(hex_of(must(SignedView::decode(opened.body)).rest) == out.at("bytes"));
});
const Refused kBadDirectory("directory-rest", [](const Json& in) {
    const Wrapper w;
    const PackHeader header = header_of_kind(static_cast<Kind>(in.at("kind").get<int>()));
    const auto subject = header.encode();
    Header as_directory = header.header;
    as_directory.kind = Kind::directory;
    const Bytes sealed = seal_value_with_salt(
        {.repository = w.repository, .epoch = w.epoch, .header = as_directory, .subject = subject},
        w.body(Kind::directory, hex(in.at("bytes")), subject), w.salt);
    return open_directory(w.repository, w.epoch, header, sealed).has_value();
});
const Section kTrailer("trailer-plain", [](const Json& in, const Json& out) {
    const Wrapper w;
    const PackHeader header = header_of_kind(Kind::catalog_pack);
    const Bytes sealed = seal_trailer(w.repository, w.epoch, header,
                                      {.directory_offset = in.at("offset").get<std::uint64_t>(),
                                       .directory_size = in.at("length").get<std::uint64_t>(),
                                       .frames = in.at("frames").get<std::uint64_t>()});
    CHECK(sealed.size() == PackTrailer::kSealedSize);
    const auto subject = header.encode();
    Header as_trailer = header.header;
    as_trailer.kind = Kind::trailer;
    CHECK(hex_of(must(open_value({.repository = w.repository,
                                  .epoch = w.epoch,
                                  .header = as_trailer,
                                  .subject = subject},
                                 sealed))) == out.at("bytes"));
});

const Refused kBadTrailer("trailer-plain", [](const Json& in) {
    const Wrapper w;
    const PackHeader header = header_of_kind(Kind::data_pack);
    const auto subject = header.encode();
    Header as_trailer = header.header;
    as_trailer.kind = Kind::trailer;
    const Bytes sealed = seal_value(
        {.repository = w.repository, .epoch = w.epoch, .header = as_trailer, .subject = subject},
        hex(in.at("bytes")));
    return open_trailer(w.repository, w.epoch, header, sealed).has_value();
});

} // namespace
