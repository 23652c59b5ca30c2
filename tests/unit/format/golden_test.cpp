// SPDX-License-Identifier: Apache-2.0
#include "format/index_segment.hpp"
#include "format/ledger_entry.hpp"
#include "format/note.hpp"
#include "format/pack.hpp"
#include "format/page.hpp"
#include "format/roster.hpp"
#include "format/session_objects.hpp"
#include "samples.hpp"

/// Bytes that must stay. A layout that changes is noticed here even where the vectors are made anew
/// in the same commit: from the first release on, repositories out there don't change with them.
using namespace saoluu;
using namespace saoluu::format;
using format::test::must;

namespace {

template <class IdType>
IdType all(std::uint8_t byte) {
    return IdType::from(Bytes(IdType::size, static_cast<std::byte>(byte)));
}
crypto::Key key(std::uint8_t byte) {
    return crypto::Key::copy_of(Bytes(32, static_cast<std::byte>(byte)));
}

/// Everything that is random elsewhere is fixed here.
struct Fixed {
    RepositoryId repository = all<RepositoryId>(1);
    EpochKey epoch{.epoch = 2, .secret = key(3)};
    crypto::SignPair pair{key(4)};
    crypto::SealPair content{key(5)};
    crypto::SealPair fresh{key(6)};
    ActorId actor = all<ActorId>(7);
    RosterHash roster = all<RosterHash>(8);
    SessionId session = all<SessionId>(9);
    Hash salt = all<Hash>(10);

    [[nodiscard]] Authorship by() const {
        return {.repository = repository,
                .epoch = epoch,
                .suite = Suite::xchacha20,
                .signer = actor,
                .roster = roster,
                .pair = pair};
    }
};

Entry document() {
    Entry entry;
    entry.path = "home/an/báo cáo.docx";
    entry.mode = 0640;
    entry.uid = 1000;
    entry.gid = 100;
    entry.mtime_seconds = 1'700'000'000;
    entry.mtime_nanoseconds = 123'456'789;
    entry.size = 5'000;
    entry.segments = {WholeChunk{.id = all<ChunkId>(11), .length = 4'000},
                      PartOfChunk{.id = all<ChunkId>(12), .offset = 10, .length = 500},
                      Hole{.length = 500}};
    entry.file_hash = all<Hash>(13);
    return entry;
}

Bytes golden_page() {
    PageWriter page(0);
    Entry folder;
    folder.type = FileType::folder;
    folder.mode = 0755;
    page.add_entry("", encode_body(folder));
    page.add_entry("home", encode_body(folder));
    page.add_entry("home/an", encode_body(folder));
    page.add_entry(document().path, encode_body(document()));
    return page.take();
}

Bytes golden_pack(const Fixed& fixed) {
    PackCipher cipher = must(
        PackCipher::create_with(fixed.repository, fixed.epoch,
                                {.kind = Kind::data_pack, .suite = Suite::xchacha20, .epoch = 2},
                                fixed.content.public_half(), fixed.fresh));
    Bytes pack = util::copy_of(cipher.header().encode());
    const std::string_view chunk = "Sao lưu mỗi đêm";
    FrameInfo frame{.kind = ChunkKind::data,
                    .codec = data::Codec::raw,
                    .id = all<ChunkId>(14),
                    .stored_size = static_cast<std::uint32_t>(chunk.size()),
                    .plain_size = static_cast<std::uint32_t>(chunk.size()),
                    .offset = PackHeader::kSize};
    pack.resize(pack.size() + frame.frame_size());
    cipher.seal_frame(frame, 0, util::as_bytes(chunk), std::span(pack).subspan(frame.offset));
    PackTrailer trailer{.directory_offset = pack.size(), .directory_size = 0, .frames = 1};
    const Bytes directory = seal_directory_with_salt(fixed.repository, fixed.epoch, cipher.header(),
                                                     {.signer = fixed.actor,
                                                      .roster = fixed.roster,
                                                      .session = fixed.session,
                                                      .domain = 15,
                                                      .frames_hash = crypto::hash(pack),
                                                      .frames = {frame}},
                                                     fixed.pair, fixed.salt);
    trailer.directory_size = directory.size();
    util::append(pack, directory);
    pack.resize(padme(pack.size() + kPackTail) - kPackTail);
    util::append(pack, seal_trailer_with_salt(fixed.repository, fixed.epoch, cipher.header(),
                                              trailer, all<Hash>(16)));
    util::append(pack, cipher.header().encode());
    return pack;
}

// clang-format off
constexpr std::string_view kPage =
    "000400000702ed03000000000004686f6d650702ed030000000004032f616e0702ed0300000000070f2f62c3a16f"
    "2063c3a16f2e646f6378810101a003e8076480c49fd50c959aef3a88270301220b0b0b0b0b0b0b0b0b0b0b0b0b0b"
    "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0ba01f02230c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c"
    "0c0c0c0c0c0c0c0c0af4030002f40305200d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d"
    "0d0d0d";
constexpr std::string_view kPack =
    "73616f6c757501010100000002000000f5b2d6e60f9477e310c2982daaa6c9136c108a1777c5947e448fa37d6817"
    "4557675013292ba1e6d345d91907dc3e3091ec0c314b1bd126e10ca0625b6589b4df2cf1ce59e75b9d1f4fc06c89"
    "9a91e8d649ee7a0906ea554fb47581237f211f948cc3e80d0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
    "0a0a0a0a0a0a0a0a0a0aee01f54325d2a100a26e6b87391e9d643f88ecc451615a5e1ebc0447c43ea572f0fe004b"
    "586866a0bc869c15da4c74d71513d6f318993a51e080730330877c77a777230c51aa7721a4b95a3d5bdeb7dd7a67"
    "42fe4eb4face667476cc3aecc8626315c2c0e5172c3ae4ca6694e7d084d57332470d8b2f0463b0482004f346a92c"
    "3feaf943ba63a27b87dd5a72fb5343077d52cf8c7b461244a905cb2dc6c1b9b237054ca2ad3d21b357da4d14bdce"
    "fd764a1a4f8cb2e7923b73a57be4d7b80a6b37bee22309806e9a7dfdbb5087f0533edbb1575ebf7edc8886c83e9a"
    "88f32f9ab421158b04981060679ad84be4d54ef6eec4beda12836a5f8177885c78fb4eb734fe9cf34f0100000000"
    "0000000000000000000010101010101010101010101010101010101010101010101010101010101010107466186d"
    "cd5aeb54c504a2b3c56ef63abb43389b086faa3783968c3fa1c33516d789c3c160229f25f4b491a9565704a52b63"
    "cba7b88ec1dd2feec0c52037bd6f62682ed12794f32873616f6c757501010100000002000000f5b2d6e60f9477e3"
    "10c2982daaa6c9136c108a1777c5947e448fa37d68174557675013292ba1e6d345d91907dc3e3091ec0c314b1bd1"
    "26e10ca0625b6589b4df";
// clang-format on

} // namespace

TEST_CASE("a catalog page is the bytes that it always was") {
    CHECK(util::to_hex(golden_page()) == kPage);
    const Page page = must(decode_page(util::from_hex(kPage).value()));
    REQUIRE(page.entries.size() == 4);
    CHECK(page.entries[3] == document());
}

TEST_CASE("a pack is the bytes that it always was, and opens") {
    const Fixed fixed;
    CHECK(util::to_hex(golden_pack(fixed)) == kPack);
    const Bytes pack = util::from_hex(kPack).value();
    const PackHeader header = must(PackHeader::decode(pack));
    const BytesView tail = BytesView(pack).last(kPackTail);
    const PackTrailer trailer = must(
        open_trailer(fixed.repository, fixed.epoch, header, tail.first(PackTrailer::kSealedSize)));
    const OpenedDirectory opened = must(
        open_directory(fixed.repository, fixed.epoch, header,
                       BytesView(pack).subspan(trailer.directory_offset, trailer.directory_size)));
    CHECK(verify_directory(fixed.repository, header, opened, fixed.pair.public_half()));
    CHECK(opened.directory.frames_hash ==
          crypto::hash(BytesView(pack).first(trailer.directory_offset)));
    REQUIRE(opened.directory.frames.size() == 1);
    const FrameInfo& frame = opened.directory.frames.front();
    PackCipher cipher =
        must(PackCipher::open(fixed.repository, fixed.epoch, fixed.content, header));
    Bytes chunk(frame.stored_size);
    CHECK(cipher.open_frame(frame, 0, BytesView(pack).subspan(frame.offset, frame.frame_size()),
                            chunk));
    CHECK(util::as_text(chunk) == "Sao lưu mỗi đêm");
}

TEST_CASE("every other object has the hash that it always had") {
    const Fixed fixed;
    const auto hash_of = [](BytesView object) { return crypto::hash(object).hex(); };
    const auto session_object = [&](const SessionValue& value) {
        return hash_of(seal_session_object_with_salt(
            fixed.by(), value,
            std::holds_alternative<Mark>(value) ? BytesView() : fixed.session.view(), fixed.salt));
    };
    Record record;
    record.session = fixed.session;
    record.counts = {1, 2, 3};
    record.job = "hằng đêm";
    record.program = "saoluu";
    record.root_page = all<ChunkId>(17);
    record.note = {all<ChunkId>(18)};
    record.started = 1;
    record.ended = -2;
    record.sequence = 3;
    record.predecessor = all<SessionId>(19);
    record.domain = 20;
    record.incomplete = true;
    record.segments = {all<SegmentId>(52)};
    LedgerEntry entry;
    entry.n = 21;
    entry.previous = {all<EntryHash>(22)};
    entry.heads = {{.actor = all<ActorId>(23), .n = 24, .hash = all<EntryHash>(25)}};
    entry.act = static_cast<std::uint64_t>(Act::commit);
    entry.session = fixed.session;
    entry.body = Bytes(3);
    entry.place = all<PlaceId>(56);
    entry.outcomes = {{.entry = all<EntryHash>(26), .seen = true}};
    IndexSegment segment{.signer = fixed.actor,
                         .roster = fixed.roster,
                         .replaces = {all<SegmentId>(51)},
                         .packs = {{.pack = all<PackId>(27),
                                    .session = fixed.session,
                                    .actor = fixed.actor,
                                    .size = 1000}},
                         .entries = {{.id = all<ChunkId>(28),
                                      .pack = 0,
                                      .frame = 1,
                                      .offset = 100,
                                      .stored_size = 5,
                                      .plain_size = 50,
                                      .kind = ChunkKind::data,
                                      .codec = data::Codec::zstd}}};
    Roster roster;
    roster.n = 1;
    roster.made = 2;
    roster.repository = fixed.repository;
    roster.write_features = {"x"};
    roster.chunks = {.least = 1024, .average = 2048, .greatest = 4096};
    roster.epoch = 2;
    roster.content_public = fixed.content.public_half();
    roster.epoch_secret_hash = hash_of_secret(fixed.repository, fixed.epoch);
    ActorEntry actor;
    actor.sign = fixed.pair.public_half();
    actor.seal = fixed.fresh.public_half();
    actor.id = actor_id(fixed.repository, actor.sign, actor.seal);
    actor.role = 1;
    actor.domain = 29;
    actor.slot = all<SlotId>(30);
    actor.issued = 31;
    actor.expires = 32;
    Bundle bundle;
    bundle.epochs.push_back({.epoch = 2, .secret = key(33)});
    bundle.domains.push_back({.domain = 29, .suite = Suite::aes256gcm, .secret = key(34)});
    bundle.contents.push_back({.epoch = 2, .secret = key(35)});
    actor.bundle = seal_bundle_with(fixed.repository, Suite::xchacha20, 2, actor.id,
                                    fixed.content.public_half(), bundle, fixed.fresh);
    roster.actors = {actor};
    roster.revoked = {{.actor = all<ActorId>(36),
                       .any_counts = true,
                       .last_n = 37,
                       .last_hash = all<EntryHash>(38)}};
    roster.rivals = {all<RosterHash>(39)};
    const SegmentList list{.level = 1,
                           .segments = {ChunkList{.id = all<ChunkId>(40), .length = 41}}};
    const Note note{.sources = {"/home"},
                    .host = "máy-1",
                    .tags = {"thử"},
                    .users = {{0, "root"}},
                    .groups = {{0, "root"}},
                    .findings = {{.path = "a", .kind = 1, .code = 13, .text = "b"}}};

    const std::vector<std::pair<std::string, std::string>> all_hashes = {
        {"open", session_object(OpenObject{
                     .marks = {all<MarkId>(42)}, .started = 43, .place = all<PlaceId>(44)})},
        {"record", session_object(record)},
        {"fence", session_object(Fence{.session = fixed.session,
                                       .time = 45,
                                       .mark = all<MarkId>(46),
                                       .place = all<PlaceId>(53)})},
        {"forgotten", session_object(Forgotten{
                          .session = fixed.session, .time = 47, .reason = "cũ", .place = {}})},
        {"void",
         session_object(Void{.session = fixed.session, .time = 48, .place = all<PlaceId>(54)})},
        {"mark", session_object(Mark{.purpose = MarkPurpose::damage,
                                     .packs = {all<PackId>(49)},
                                     .reason = "hỏng",
                                     .time = 50,
                                     .place = all<PlaceId>(55)})},
        {"ledger", hash_of(seal_entry_with_salt(fixed.by(), entry, fixed.salt))},
        {"index", hash_of(segment.seal_with_salt(fixed.repository, fixed.epoch, Suite::aes256gcm,
                                                 fixed.pair, fixed.salt))},
        {"roster", hash_of(RosterObject::encode(roster, fixed.roster, fixed.actor, fixed.pair))},
        {"list", hash_of(encode_list(list))},
        {"note", hash_of(encode_note(note))},
    };
    const std::vector<std::pair<std::string, std::string>> released = {
        {"open", "6a5d46f7223fa4d4e34c2b7b0be44947bf035ef0854e76d1ed2188ddc0d3ef46"},
        {"record", "3e8932f9c015b32adefeb8927d650c4a40f58937e82b1ecb9536f4523fcf4165"},
        {"fence", "d98251276294670d1f35ad8530457ff2711760fbeb54f1ff115a41f6f052144a"},
        {"forgotten", "eb8c37cd3285847b548ebaf900466892803e6284f5ec56d679ee8a5ac6e6d096"},
        {"void", "186270ac28445da794c7f92999b254253d04eb7b47abb9f099859bd7a0663702"},
        {"mark", "bc776ccc844c4c7bcd92fe6bab1efb2594563e0772e4e9a767a023631d2c4dc1"},
        {"ledger", "9071de8dec691680756592b3c5a62270fddcd36b3c14346c390fb4163e4b2f7a"},
        {"index", "e77857c634aade0a7a2013f9485e7cab14177ebc35688cbf36b8ce2770868906"},
        {"roster", "2f73882f574ab3785b5d485a1aa493326a160945f9514ac5b5944d1e77999349"},
        {"list", "51e9907a38355d59906354a77cdf8cb904fc777dc57d8a88acc139ccbb6a8f49"},
        {"note", "1359a9bdc3f32ced4b07b55396f61a5fbfb35a971a82758c54e267ff3d75bccc"},
    };
    REQUIRE(all_hashes.size() == released.size());
    for (std::size_t i = 0; i < released.size(); ++i) {
        INFO(released[i].first);
        CHECK(all_hashes[i].first == released[i].first);
        CHECK(all_hashes[i].second == released[i].second);
    }
}
