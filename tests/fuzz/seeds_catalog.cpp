// SPDX-License-Identifier: Apache-2.0
// Seeds of what holds the files: catalog, packs, index.
#include "format/index_segment.hpp"
#include "format/note.hpp"
#include "format/pack.hpp"
#include "format/page.hpp"
#include "repo/index_run.hpp"
#include "scratch_file.hpp"
#include "seeds.hpp"

namespace saoluu::fuzz {

using format::Kind;

namespace {

format::PackHeader pack_header(Kind kind) {
    format::PackHeader pack;
    pack.header = world().header(kind);
    pack.fresh_public = world().holder.public_half();
    return pack;
}

format::Entry entry_of(std::string path, format::FileType type) {
    format::Entry entry;
    entry.path = std::move(path);
    entry.type = type;
    entry.mode = 0644;
    entry.uid = 1000;
    entry.gid = 100;
    entry.mtime_seconds = -5;
    entry.mtime_nanoseconds = 999'999'999;
    if (type == format::FileType::symlink)
        entry.target = "../b";
    if (type == format::FileType::block)
        entry.device_major = 8;
    return entry;
}

format::Entry some_file(std::string path) {
    format::Entry entry = entry_of(std::move(path), format::FileType::file);
    entry.segments = {
        format::WholeChunk{.id = id_of<format::ChunkId>(1), .length = 1'000'000},
        format::Hole{.length = 4096},
        format::PartOfChunk{.id = id_of<format::ChunkId>(2), .offset = 7, .length = 8'000'000}};
    for (const format::Segment& segment : entry.segments)
        entry.size += format::length_of(segment);
    entry.file_hash = id_of<format::Hash>(3);
    entry.link_group = id_of<format::LinkGroup>(4);
    entry.xattrs = {{.name = "user.a", .value = Bytes(3)}, {.name = "user.b", .value = {}}};
    return entry;
}

} // namespace

void seed_catalog() {
    const format::Entry entries[] = {entry_of("", format::FileType::folder),
                                     entry_of("a", format::FileType::folder),
                                     some_file("a/file"),
                                     entry_of("a/file b", format::FileType::symlink),
                                     entry_of("a/z", format::FileType::character),
                                     entry_of("b", format::FileType::fifo),
                                     entry_of("c", format::FileType::block),
                                     entry_of("d", format::FileType::socket)};
    format::PageWriter leaf(0);
    std::size_t number = 0;
    for (const format::Entry& entry : entries) {
        const Bytes body = format::encode_body(entry);
        leaf.add_entry(entry.path, body);
        put("entry", "body-" + std::to_string(number++), body, choose(0));
    }
    put("page", "leaf", leaf.take());
    format::PageWriter inner(3);
    for (const char* path : {"", "a/b", "a/bc", "b"})
        inner.add_link(path, id_of<format::ChunkId>(6));
    put("page", "inner", inner.take());
    put("entry", "list-0", format::encode_list({.level = 0, .segments = some_file("").segments}),
        choose(1));
    put("entry", "list-2",
        format::encode_list(
            {.level = 2,
             .segments = {format::ChunkList{.id = id_of<format::ChunkId>(1), .length = 1 << 30},
                          format::UnknownSegment{.kind = 9, .body = Bytes(2)}}}),
        choose(1));
    put("note", "full",
        format::encode_note(
            {.sources = {"/home", "/srv/d\xff"},
             .host = "máy",
             .tags = {"a", "đêm"},
             .users = {{0, "root"}, {1000, "an"}},
             .groups = {{100, "users"}},
             .findings = {{.path = "a", .kind = 1, .code = 13, .text = "Permission denied"},
                          {.path = "", .kind = 5, .code = 70'000, .text = ""}}}));
}

void seed_packs() {
    for (const Kind kind : {Kind::data_pack, Kind::catalog_pack}) {
        const bool is_data = kind == Kind::data_pack;
        format::PackDirectory directory;
        directory.signer = world().actor;
        directory.roster = world().roster;
        directory.session = world().session;
        directory.domain = 300;
        for (unsigned char i = 0; i < 3; ++i)
            directory.frames.push_back(
                {.kind = is_data ? format::ChunkKind::data : static_cast<format::ChunkKind>(2 + i),
                 .codec = i == 0 ? data::Codec::raw : data::Codec::zstd,
                 .id = id_of<format::ChunkId>(i),
                 .stored_size = 500,
                 .plain_size = i == 0 ? 500U : 5000U,
                 .offset = 0});
        const format::PackHeader pack = pack_header(kind);
        const Bytes sealed = format::seal_directory_with_salt(
            world().repository, world().epoch, pack, directory, world().signer, world().salt);
        const auto opened =
            must(format::open_directory(world().repository, world().epoch, pack, sealed));
        put("pack_directory", is_data ? "data" : "catalog", rest_of(opened.body),
            choose(is_data ? 0 : 1));
        put("sealed", is_data ? "directory" : "directory-2", sealed, choose(2));
    }
    const auto cipher = must(format::PackCipher::create_with(
        world().repository, world().epoch, world().header(Kind::data_pack),
        world().holder.public_half(), crypto::SealPair(key_of(11))));
    const auto header = cipher.header().encode();
    put("pack", "header", header, choose(0));
    put("pack", "trailer", util::Writer().u64(580).u64(400).u64(3).view(), choose(1));
    put("pack", "frame",
        util::Writer()
            .u8(1)
            .u8(1)
            .u8(1)
            .raw(Bytes(3))
            .u8(100)
            .raw(Bytes(2))
            .u8(3)
            .u8(0)
            .raw(util::as_bytes("chunk"))
            .view(),
        choose(2));
}

void seed_index() {
    format::IndexSegment segment;
    segment.signer = world().actor;
    segment.roster = world().roster;
    segment.replaces = {id_of<format::SegmentId>(1), id_of<format::SegmentId>(2)};
    std::vector<format::FrameInfo> frames;
    std::uint32_t offset = format::PackHeader::kSize;
    for (unsigned char i = 0; i < 4; ++i) {
        frames.push_back({.kind = format::ChunkKind::data,
                          .codec = data::Codec::zstd,
                          .id = id_of<format::ChunkId>(i),
                          .stored_size = 700,
                          .plain_size = 70'000,
                          .offset = offset});
        offset += frames.back().frame_size();
    }
    for (unsigned char i = 0; i < 2; ++i)
        segment.add({.pack = id_of<format::PackId>(i),
                     .session = world().session,
                     .actor = world().actor,
                     .size = 10'000},
                    frames);
    segment.sort();
    const Bytes object = segment.seal_with_salt(world().repository, world().epoch, by().suite,
                                                world().signer, world().salt);
    const auto opened = must(format::open_segment(world().repository, world().epoch, object));
    put("index_segment", "two-packs", rest_of(opened.body));
    put("sealed", "index", object, choose(4));

    ScratchFile file("run");
    repo::IndexRunBuilder builder;
    builder.add(id_of<format::SegmentId>(1), segment);
    demand(builder.write(file.path(), world().repository).has_value(), "a seed can be made");
    const Bytes run = must(util::read_file(file.path(), 1 << 20));
    put("local_state", "run", BytesView(run).first(run.size() - 32), choose(1));
    const auto head = [](unsigned char byte, std::uint64_t n) {
        return util::Writer()
            .raw(id_of<format::ActorId>(byte).view())
            .varint(n)
            .raw(id_of<format::EntryHash>(byte).view())
            .take();
    };
    const Bytes heads = util::Writer().varint(2).raw(head(1, 300)).raw(head(2, 0)).take();
    put("local_state", "seen",
        util::Writer()
            .varint(1)
            .bytes(util::Writer().varint(5).view())
            .varint(3)
            .bytes(world().roster.view())
            .varint(5)
            .bytes(heads)
            .view(),
        choose(0));
}

} // namespace saoluu::fuzz
