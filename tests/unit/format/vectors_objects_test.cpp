// SPDX-License-Identifier: Apache-2.0
#include "vectors.hpp"

#include "format/index_segment.hpp"
#include "format/ledger_entry.hpp"
#include "format/pack.hpp"
#include "format/session_objects.hpp"

/// Sections 8 to 11 of FORMAT.md: packs, index segments, session objects, marks, the ledger.
using namespace saoluu;
using namespace saoluu::format;
using test::hex;
using test::hex_of;
using test::id;
using test::Json;
using test::key;
using test::must;
using test::Refused;
using test::Section;

namespace {

/// Who wrote a sealed object of the vectors, and under which keys.
struct Setting {
    RepositoryId repository;
    EpochKey epoch;
    Suite suite = Suite::xchacha20;
    crypto::SignPair pair;
    ActorId signer;
    RosterHash roster;
    Bytes subject;
    Hash salt;

    explicit Setting(const Json& in)
        : repository(id<RepositoryId>(in.at("repository"))), epoch{.epoch =
                                                                       in.at("epoch").get<Epoch>(),
                                                                   .secret = key(in.at("W"))},
          suite(static_cast<Suite>(in.at("suite").get<int>())), pair(key(in.at("sign-seed"))),
          signer(id<ActorId>(in.at("signer"))), roster(id<RosterHash>(in.at("roster"))) {
        if (in.contains("subject"))
            subject = hex(in.at("subject"));
        if (in.contains("salt"))
            salt = id<Hash>(in.at("salt"));
    }
    [[nodiscard]] Authorship authorship() const {
        return {.repository = repository,
                .epoch = epoch,
                .suite = suite,
                .signer = signer,
                .roster = roster,
                .pair = pair};
    }
};

/// Seals any bytes as the rest of a signed object, which our code never does.
class Wrapper {
public:
    [[nodiscard]] Bytes object(Kind kind, BytesView rest, BytesView subject,
                               SelfCheck check) const {
        return seal_object_with_salt(
            {.repository = repository,
             .epoch = epoch,
             .header = {.kind = kind, .suite = Suite::xchacha20, .epoch = 7},
             .subject = subject},
            body(kind, rest, subject), check, salt);
    }
    [[nodiscard]] Bytes body(Kind kind, BytesView rest, BytesView subject) const {
        return encode_signed(
            {.repository = repository, .kind = kind, .subject = subject, .salt = salt.view()},
            {.signer = actor, .roster = {}, .rest = util::copy_of(rest)}, pair);
    }
    Hash salt{};
    RepositoryId repository{};
    EpochKey epoch{.epoch = 7, .secret = crypto::Key::copy_of(Bytes(32, std::byte{1}))};
    crypto::SignPair pair = crypto::SignPair::generate();
    ActorId actor{};
};

// ---- packs

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

// ---- index

const Section kIndex("index", [](const Json& in, const Json& out) {
    const Setting by(in);
    IndexSegment segment{.signer = by.signer, .roster = by.roster, .packs = {}, .entries = {}};
    for (const Json& pack : in.at("packs"))
        segment.packs.push_back({.pack = id<PackId>(pack.at("pack")),
                                 .session = id<SessionId>(pack.at("session")),
                                 .actor = id<ActorId>(pack.at("actor")),
                                 .size = pack.at("size").get<std::uint32_t>()});
    for (const Json& entry : in.at("entries"))
        segment.entries.push_back(
            {.id = id<ChunkId>(entry.at("id")),
             .pack = entry.at("pack").get<std::uint32_t>(),
             .frame = entry.at("frame").get<std::uint32_t>(),
             .offset = entry.at("offset").get<std::uint32_t>(),
             .stored_size = entry.at("stored-length").get<std::uint32_t>(),
             .plain_size = entry.at("plain-length").get<std::uint32_t>(),
             .kind = static_cast<ChunkKind>(entry.at("kind").get<int>()),
             .codec = static_cast<data::Codec>(entry.at("codec").get<int>())});
    const Bytes object = hex(out.at("object"));
    CHECK(segment.seal_with_salt(by.repository, by.epoch, by.suite, by.pair, by.salt) == object);
    std::reverse(segment.entries.begin(), segment.entries.end());
    std::reverse(segment.packs.begin(), segment.packs.end());
    for (IndexEntry& entry : segment.entries)
        entry.pack = static_cast<std::uint32_t>(segment.packs.size()) - 1 - entry.pack;
    segment.sort();
    CHECK(segment.seal_with_salt(by.repository, by.epoch, by.suite, by.pair, by.salt) == object);
    const OpenedSegment opened = must(open_segment(by.repository, by.epoch, object));
    CHECK(opened.segment.packs == segment.packs);
    CHECK(opened.segment.entries == segment.entries);
    CHECK(opened.segment.signer == by.signer);
    CHECK(opened.segment.roster == by.roster);
    CHECK(hex_of(opened.body) == out.at("body"));
    CHECK(opened.is_signed_by(by.repository, by.pair.public_half()));
    CHECK(name_of<SegmentId>(object).hex() == out.at("hash"));
});
const Refused kBadIndex("index", [](const Json& in) {
    const Wrapper w;
    const Bytes object = w.object(Kind::index_segment, hex(in.at("bytes")), {}, SelfCheck::no);
    return open_segment(w.repository, w.epoch, object).has_value();
});

// ---- session objects and marks

template <class Value>
void compare(const Setting& by, const Value& value, const Json& out) {
    const Bytes object = hex(out.at("object"));
    CHECK(seal_session_object_with_salt(by.authorship(), value, by.subject, by.salt) == object);
    const OpenedSessionObject opened =
        must(open_session_object(by.repository, by.epoch, object, by.subject));
    CHECK(hex_of(opened.body) == out.at("body"));
    CHECK(hex_of(must(SignedView::decode(opened.body)).rest) == out.at("rest"));
    CHECK(opened.signer == by.signer);
    CHECK(opened.roster == by.roster);
    CHECK(opened.is_signed_by(by.repository, by.subject, by.pair.public_half()));
    REQUIRE(std::holds_alternative<Value>(opened.value));
    CHECK(seal_session_object_with_salt(by.authorship(), opened.value, by.subject, by.salt) ==
          object);
    if (out.contains("hash"))
        CHECK(name_of<Hash>(object).hex() == out.at("hash"));
}
template <class IdType>
std::vector<IdType> ids(const Json& list) {
    std::vector<IdType> out;
    for (const Json& one : list)
        out.push_back(id<IdType>(one));
    return out;
}

const Section kOpen("open", [](const Json& in, const Json& out) {
    compare(Setting(in),
            OpenObject{.marks = ids<MarkId>(in.at("marks")),
                       .started = in.at("time").get<Time>(),
                       .place = id<PlaceId>(in.at("place"))},
            out);
});
const Section kRecord("record", [](const Json& in, const Json& out) {
    Record record;
    record.session = id<SessionId>(in.at("session"));
    if (in.contains("counts"))
        record.counts = in.at("counts").get<std::vector<std::uint64_t>>();
    record.job = in.at("job").get<std::string>();
    record.program = in.value("program", "");
    record.root_page = id<ChunkId>(in.at("root"));
    if (in.contains("note"))
        record.note = ids<ChunkId>(in.at("note"));
    record.started = in.at("start").get<Time>();
    record.ended = in.at("end").get<Time>();
    record.sequence = in.at("sequence").get<std::uint64_t>();
    if (in.contains("predecessor"))
        record.predecessor = id<SessionId>(in.at("predecessor"));
    record.domain = in.at("domain").get<Domain>();
    record.incomplete = in.value("incomplete", false);
    compare(Setting(in), record, out);
});
const Section kFence("fence", [](const Json& in, const Json& out) {
    Fence fence{
        .session = id<SessionId>(in.at("session")), .time = in.at("time").get<Time>(), .mark = {}};
    if (in.contains("mark"))
        fence.mark = id<MarkId>(in.at("mark"));
    compare(Setting(in), fence, out);
});
const Section kForgotten("forgotten", [](const Json& in, const Json& out) {
    compare(Setting(in),
            Forgotten{.session = id<SessionId>(in.at("session")),
                      .time = in.at("time").get<Time>(),
                      .reason = in.value("reason", "")},
            out);
});
const Section kVoid("void", [](const Json& in, const Json& out) {
    compare(Setting(in),
            Void{.session = id<SessionId>(in.at("session")), .time = in.at("time").get<Time>()},
            out);
});
const Section kMark("mark", [](const Json& in, const Json& out) {
    compare(Setting(in),
            Mark{.purpose = static_cast<MarkPurpose>(in.at("purpose").get<int>()),
                 .packs = ids<PackId>(in.at("packs")),
                 .reason = in.at("reason").get<std::string>(),
                 .time = in.at("time").get<Time>()},
            out);
});

bool accepts(Kind kind, const Json& in) {
    const Wrapper w;
    const bool is_mark = kind == Kind::mark;
    // The session that the vectors' objects name.
    const Bytes subject(is_mark ? 0 : 16, std::byte{0x51});
    const Bytes object =
        w.object(kind, hex(in.at("bytes")), subject, is_mark ? SelfCheck::no : SelfCheck::yes);
    return open_session_object(w.repository, w.epoch, object, subject).has_value();
}
const Refused kBadOpen("open", [](const Json& in) { return accepts(Kind::open, in); });
const Refused kBadRecord("record", [](const Json& in) { return accepts(Kind::record, in); });
const Refused kBadFence("fence", [](const Json& in) { return accepts(Kind::fence, in); });
const Refused kBadForgotten("forgotten",
                            [](const Json& in) { return accepts(Kind::forgotten, in); });
const Refused kBadVoid("void", [](const Json& in) { return accepts(Kind::void_, in); });
const Refused kBadMark("mark", [](const Json& in) { return accepts(Kind::mark, in); });

// ---- ledger

const Section kLedger("ledger", [](const Json& in, const Json& out) {
    const Setting by(in);
    LedgerEntry entry;
    entry.n = in.at("n").get<std::uint64_t>();
    entry.previous = ids<EntryHash>(in.at("before"));
    entry.time = in.at("time").get<Time>();
    entry.act = in.at("act").get<std::uint64_t>();
    entry.body = hex(in.at("body"));
    if (in.contains("session"))
        entry.session = id<SessionId>(in.at("session"));
    for (const Json& head : in.at("heads"))
        entry.heads.push_back({.actor = id<ActorId>(head.at(0)),
                               .n = head.at(1).get<std::uint64_t>(),
                               .hash = id<EntryHash>(head.at(2))});
    for (const Json& outcome : in.at("outcomes"))
        entry.outcomes.push_back(
            {.entry = id<EntryHash>(outcome.at(0)), .seen = outcome.at(1).get<int>() == 1});
    const Bytes object = hex(out.at("object"));
    CHECK(seal_entry_with_salt(by.authorship(), entry, by.salt) == object);
    CHECK(hex_of(util::Writer().raw(by.signer.view()).u64(entry.n).view()) == in.at("subject"));
    const OpenedEntry opened =
        must(open_entry(by.repository, by.epoch, by.signer, entry.n, object));
    CHECK(hex_of(opened.body) == out.at("body"));
    CHECK(hex_of(must(SignedView::decode(opened.body)).rest) == out.at("rest"));
    CHECK(seal_entry_with_salt(by.authorship(), opened.entry, by.salt) == object);
    CHECK(opened.is_signed_by(by.repository, by.pair.public_half()));
    CHECK(name_of<EntryHash>(object).hex() == out.at("hash"));
    if (opened.entry.is(Act::commit)) {
        REQUIRE(opened.entry.session);
        CHECK(open_session_object(by.repository, by.epoch, opened.entry.body,
                                  opened.entry.session->view()));
    } else {
        CHECK(encode_facts(must(decode_facts(opened.entry.body))) == entry.body);
    }
});
const Refused kBadLedger("ledger", [](const Json& in) {
    const Wrapper w;
    // Most name entry 5; whatever they name, they must not be accepted there.
    for (const std::uint64_t n :
         {std::uint64_t{0}, std::uint64_t{5}, std::uint64_t{10'000'000'000}}) {
        const Bytes subject = util::Writer().raw(w.actor.view()).u64(n).take();
        const Bytes object =
            w.object(Kind::ledger_entry, hex(in.at("bytes")), subject, SelfCheck::no);
        if (open_entry(w.repository, w.epoch, w.actor, n, object))
            return true;
    }
    return false;
});

} // namespace
