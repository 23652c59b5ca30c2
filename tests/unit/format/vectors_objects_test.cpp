// SPDX-License-Identifier: Apache-2.0
#include "vectors_setting.hpp"

#include "format/index_segment.hpp"
#include "format/ledger_entry.hpp"
#include "format/session_objects.hpp"

/// Sections 9 to 11 of FORMAT.md: index segments, session objects, marks, the ledger.
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

template <class IdType>
std::vector<IdType> ids(const Json& list) {
    std::vector<IdType> out;
    for (const Json& one : list)
        out.push_back(id<IdType>(one));
    return out;
}

const Section kIndex("index", [](const Json& in, const Json& out) {
    const Setting by(in);
    IndexSegment segment;
    segment.signer = by.signer;
    segment.roster = by.roster;
    if (in.contains("replaced"))
        segment.replaces = ids<SegmentId>(in.at("replaced"));
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
    if (in.contains("segments"))
        record.segments = ids<SegmentId>(in.at("segments"));
    compare(Setting(in), record, out);
});
const Section kFence("fence", [](const Json& in, const Json& out) {
    Fence fence{.session = id<SessionId>(in.at("session")),
                .time = in.at("time").get<Time>(),
                .mark = {},
                .place = id<PlaceId>(in.at("place"))};
    if (in.contains("mark"))
        fence.mark = id<MarkId>(in.at("mark"));
    compare(Setting(in), fence, out);
});
const Section kForgotten("forgotten", [](const Json& in, const Json& out) {
    compare(Setting(in),
            Forgotten{.session = id<SessionId>(in.at("session")),
                      .time = in.at("time").get<Time>(),
                      .reason = in.value("reason", ""),
                      .place = id<PlaceId>(in.at("place"))},
            out);
});
const Section kVoid("void", [](const Json& in, const Json& out) {
    compare(Setting(in),
            Void{.session = id<SessionId>(in.at("session")),
                 .time = in.at("time").get<Time>(),
                 .place = id<PlaceId>(in.at("place"))},
            out);
});
const Section kMark("mark", [](const Json& in, const Json& out) {
    compare(Setting(in),
            Mark{.purpose = static_cast<MarkPurpose>(in.at("purpose").get<int>()),
                 .packs = ids<PackId>(in.at("packs")),
                 .reason = in.at("reason").get<std::string>(),
                 .time = in.at("time").get<Time>(),
                 .place = id<PlaceId>(in.at("place"))},
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
    entry.place = id<PlaceId>(in.at("place"));
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
