// SPDX-License-Identifier: Apache-2.0
#include "vectors.hpp"

#include "format/entry.hpp"
#include "format/note.hpp"
#include "format/page.hpp"

/// Section 12 of FORMAT.md: entries, pages, lists, notes.
using namespace saoluu;
using namespace saoluu::format;
using test::hex;
using test::hex_of;
using test::id;
using test::Json;
using test::must;
using test::Refused;
using test::Section;

namespace {

Segment segment_in(const Json& in) {
    const auto length = in.at("length").get<std::uint64_t>();
    switch (in.at("kind").get<int>()) {
    case 0:
        return Hole{.length = length};
    case 1:
        return WholeChunk{.id = id<ChunkId>(in.at("id")), .length = length};
    case 2:
        return PartOfChunk{.id = id<ChunkId>(in.at("id")),
                           .offset = in.at("offset").get<std::uint64_t>(),
                           .length = length};
    default:
        return ChunkList{.id = id<ChunkId>(in.at("id")), .length = length};
    }
}

Entry entry_in(const Json& in) {
    Entry entry;
    entry.path = test::text_of_hex(in.at("path"));
    entry.type = static_cast<FileType>(in.at("type").get<int>());
    entry.mode = in.at("mode").get<std::uint32_t>();
    entry.uid = in.at("uid").get<std::uint64_t>();
    entry.gid = in.at("gid").get<std::uint64_t>();
    entry.mtime_seconds = in.at("mtime-seconds").get<std::int64_t>();
    entry.mtime_nanoseconds = in.at("mtime-nanoseconds").get<std::uint32_t>();
    entry.size = in.value("size", std::uint64_t{0});
    if (in.contains("segments"))
        for (const Json& segment : in.at("segments"))
            entry.segments.push_back(segment_in(segment));
    if (in.contains("target"))
        entry.target = test::text_of_hex(in.at("target"));
    entry.device_major = in.value("major", std::uint64_t{0});
    entry.device_minor = in.value("minor", std::uint64_t{0});
    if (in.contains("xattrs"))
        for (const Json& xattr : in.at("xattrs"))
            entry.xattrs.push_back(
                {.name = test::text_of_hex(xattr.at(0)), .value = hex(xattr.at(1))});
    if (in.contains("group"))
        entry.link_group = id<LinkGroup>(in.at("group"));
    if (in.contains("file-hash"))
        entry.file_hash = id<Hash>(in.at("file-hash"));
    return entry;
}

const Section kEntry("entry", [](const Json& in, const Json& out) {
    const Entry entry = entry_in(in);
    CHECK(hex_of(encode_body(entry)) == out.at("body"));
    CHECK(must(decode_body(entry.path, hex(out.at("body")))) == entry);
});
const Refused kBadEntry("entry", [](const Json& in) {
    const auto entry = decode_body("a", hex(in.at("bytes")));
    return entry && !entry->refused;
});
const Section kLeafPage("leaf-page", [](const Json& in, const Json& out) {
    PageWriter writer(0);
    std::vector<Entry> entries;
    for (const Json& one : in.at("entries")) {
        entries.push_back(entry_in(one));
        writer.add_entry(entries.back().path, encode_body(entries.back()));
    }
    CHECK(writer.size() == hex(out.at("bytes")).size());
    CHECK(hex_of(writer.take()) == out.at("bytes"));
    const Page page = must(decode_page(hex(out.at("bytes"))));
    CHECK(page.is_leaf());
    CHECK(page.entries == entries);
});
const Section kInnerPage("inner-page", [](const Json& in, const Json& out) {
    const auto level = in.at("level").get<std::uint8_t>();
    PageWriter writer(level);
    std::vector<PageLink> links;
    for (const Json& one : in.at("entries")) {
        links.push_back(
            {.path = test::text_of_hex(one.at("path")), .id = id<ChunkId>(one.at("page"))});
        writer.add_link(links.back().path, links.back().id);
    }
    CHECK(hex_of(writer.take()) == out.at("bytes"));
    const Page page = must(decode_page(hex(out.at("bytes"))));
    CHECK(page.level == level);
    CHECK(page.links == links);
});
const Refused kBadPage("page",
                       [](const Json& in) { return decode_page(hex(in.at("bytes"))).has_value(); });
const Section kList("list-chunk", [](const Json& in, const Json& out) {
    SegmentList list;
    list.level = in.at("level").get<std::uint8_t>();
    for (const Json& segment : in.at("segments"))
        list.segments.push_back(segment_in(segment));
    CHECK(hex_of(encode_list(list)) == out.at("bytes"));
    const SegmentList decoded = must(decode_list(hex(out.at("bytes"))));
    CHECK(decoded.level == list.level);
    CHECK(decoded.segments == list.segments);
});
const Refused kBadList("list-chunk", [](const Json& in) {
    const auto list = decode_list(hex(in.at("bytes")));
    if (!list)
        return false;
    for (const Segment& segment : list->segments)
        if (std::holds_alternative<UnknownSegment>(segment))
            return false;
    return true;
});
const Section kNote("note", [](const Json& in, const Json& out) {
    Note note;
    if (in.contains("sources")) {
        for (const Json& source : in.at("sources"))
            note.sources.push_back(test::text_of_hex(source));
        note.host = in.at("host").get<std::string>();
        note.tags = in.at("tags").get<std::vector<std::string>>();
        for (const Json& one : in.at("owners"))
            note.users[one.at(0).get<std::uint64_t>()] = test::text_of_hex(one.at(1));
        for (const Json& one : in.at("groups"))
            note.groups[one.at(0).get<std::uint64_t>()] = test::text_of_hex(one.at(1));
        for (const Json& one : in.at("findings"))
            note.findings.push_back({.path = test::text_of_hex(one.at(0)),
                                     .kind = one.at(1).get<std::uint64_t>(),
                                     .code = one.at(2).get<std::uint64_t>(),
                                     .text = one.at(3).get<std::string>()});
    }
    CHECK(hex_of(encode_note(note)) == out.at("bytes"));
    CHECK(must(decode_note(hex(out.at("bytes")))) == note);
});
const Refused kBadNote("note",
                       [](const Json& in) { return decode_note(hex(in.at("bytes"))).has_value(); });

} // namespace
