// SPDX-License-Identifier: Apache-2.0
#include "format/page.hpp"

#include "some_entries.hpp"

using namespace saoluu;
using namespace saoluu::format;
using format::test::fails;
using format::test::must;
using format::test::Random;
using format::test::some_tree;

namespace {

struct RawEntry {
    std::uint64_t shared;
    std::string suffix;
    Bytes tail;
};
Bytes folder() {
    return util::Writer().u8(2).varint(0755).varint(0).varint(0).svarint(0).varint(0).take();
}
/// A page put together by hand.
Bytes raw_page(std::uint8_t level, const std::vector<RawEntry>& entries) {
    util::Writer out;
    out.u8(level).varint(entries.size());
    for (const RawEntry& entry : entries) {
        out.varint(entry.shared).text(entry.suffix);
        if (level == 0)
            out.bytes(entry.tail);
        else
            out.raw(entry.tail);
    }
    return out.take();
}
Bytes leaf(std::initializer_list<std::pair<std::uint64_t, std::string>> paths) {
    std::vector<RawEntry> entries;
    for (const auto& [shared, suffix] : paths)
        entries.push_back({shared, suffix, folder()});
    return raw_page(0, entries);
}

} // namespace

TEST_CASE("a leaf page comes back with every entry, and the writer knew its size") {
    Random random;
    INFO("seed ", random.seed());
    PageWriter writer(0);
    for (int round = 0; round < 100; ++round) {
        const std::vector<Entry> entries = some_tree(random, 60);
        for (const Entry& entry : entries)
            writer.add_entry(entry.path, encode_body(entry));
        CHECK(writer.count() == entries.size());
        CHECK(writer.first_path() == entries.front().path);
        const std::size_t size = writer.size();
        const Bytes plain = writer.take();
        CHECK(plain.size() == size);
        CHECK(writer.count() == 0);
        const Page page = must(decode_page(plain));
        CHECK(page.is_leaf());
        REQUIRE(page.entries == entries);
        CHECK(page.links.empty());
    }
}

TEST_CASE("an inner page comes back with every link") {
    Random random;
    INFO("seed ", random.seed());
    for (std::uint8_t level = 1; level < limits::kPageLevels; ++level) {
        PageWriter writer(level);
        std::vector<PageLink> links;
        for (const Entry& entry : some_tree(random, 30)) {
            links.push_back({.path = entry.path, .id = random.id<ChunkId>()});
            writer.add_link(links.back().path, links.back().id);
        }
        const Page page = must(decode_page(writer.take()));
        CHECK(page.level == level);
        CHECK_FALSE(page.is_leaf());
        CHECK(page.links == links);
    }
}

TEST_CASE("a page has one form: whatever is accepted is written to the same bytes") {
    Random random;
    INFO("seed ", random.seed());
    std::size_t accepted = 0;
    for (int round = 0; round < 300; ++round) {
        PageWriter writer(1);
        for (const Entry& entry : some_tree(random, 6))
            writer.add_link(entry.path, random.id<ChunkId>());
        const Bytes plain = writer.take();
        for (int mutation = 0; mutation < 100; ++mutation) {
            Bytes other = plain;
            const std::size_t at = random.size(0, other.size() - 1);
            other[at] = static_cast<std::byte>(random.number(255));
            if (random.coin())
                other.insert(other.begin() + static_cast<std::ptrdiff_t>(at),
                             static_cast<std::byte>(random.number(255)));
            const auto page = decode_page(other);
            if (!page || page->is_leaf())
                continue;
            PageWriter again(page->level);
            for (const PageLink& link : page->links)
                again.add_link(link.path, link.id);
            REQUIRE(again.take() == other);
            ++accepted;
        }
    }
    CHECK(accepted > 0);
}

TEST_CASE("front coding is as short as it can be, and paths ascend") {
    CHECK(decode_page(leaf({{0, ""}, {0, "ab"}, {1, "c"}, {2, "/x"}, {2, "\x01"}})));
    for (const Bytes& bad : {
             leaf({{0, "ab"}, {0, "ac"}}), // shares less than it could
             leaf({{0, "ab"}, {1, "bc"}}),
             leaf({{1, "a"}}),           // the first shares
             leaf({{0, "a"}, {2, "b"}}), // shares more than there is
             leaf({{0, "a"}, {~std::uint64_t{0}, "b"}}),
             leaf({{0, "a"}, {1, ""}}),  // a path twice
             leaf({{0, "ab"}, {1, ""}}), // the folder behind what is in it
             leaf({{0, "b"}, {0, "a"}}),
             leaf({{0, ""}, {0, ""}}),
             leaf({{0, "a\x01"}, {1, "/b"}}), // a slash counts as zero
             leaf({{0, "a"}, {1, "/"}}),
             leaf({{0, "a"}, {1, "//b"}}),
             leaf({{0, "a"}, {1, "/.."}}),
             leaf({{0, "a/"}, {2, "b"}}),
             leaf({{0, "/a"}}),
             leaf({{0, "."}}),
             leaf({{0, std::string("a\0", 2)}}),
         })
        CHECK(fails(decode_page(bad), ErrorKind::corrupt));
}

TEST_CASE("a path's limit holds for the whole of it") {
    const std::string most(limits::kPath, 'a');
    CHECK(decode_page(leaf({{0, most}})));
    CHECK(decode_page(leaf({{0, most.substr(1)}, {limits::kPath - 1, "a"}})));
    CHECK(fails(decode_page(leaf({{0, most}, {limits::kPath, "b"}})), ErrorKind::corrupt));
    CHECK(fails(decode_page(leaf({{0, most + "a"}})), ErrorKind::corrupt));
}

TEST_CASE("paths that share can't make a page of a megabyte into gigabytes") {
    // 1,024 paths of 8,192 bytes share all but their ends: 8 MiB, and one byte more.
    const auto page_of = [](std::size_t more) {
        std::vector<RawEntry> links;
        const std::string shared(8190, 'a');
        for (int i = 0; i < 1024; ++i) {
            const std::string end = {static_cast<char>('a' + i / 32),
                                     static_cast<char>('a' + i % 32)};
            const std::uint64_t common = i == 0 ? 0 : i % 32 == 0 ? 8190 : 8191;
            links.push_back({common, (shared + end).substr(common), Bytes(32)});
        }
        links.back().suffix += std::string(more, 'z');
        return raw_page(1, links);
    };
    CHECK(must(decode_page(page_of(0))).links.size() == 1024);
    CHECK(fails(decode_page(page_of(1)), ErrorKind::corrupt));
    PageWriter writer(1);
    writer.add_link("a", {});
    writer.add_link("a/b", {});
    CHECK(writer.paths() == 4);
    CHECK(must(decode_page(writer.take())).links.size() == 2);
    CHECK(writer.paths() == 0);
}

TEST_CASE("an entry that is not known is refused by its name, and its page is read") {
    const Page page = must(decode_page(raw_page(
        0, {{0, "", folder()}, {0, "new", Bytes(1, std::byte{200})}, {0, "old", folder()}})));
    REQUIRE(page.entries.size() == 3);
    CHECK_FALSE(page.entries[0].refused);
    CHECK(page.entries[1].refused);
    CHECK(page.entries[1].path == "new");
    CHECK_FALSE(page.entries[2].refused);
}

TEST_CASE("a malformed entry makes its page malformed, and is named") {
    const auto page =
        decode_page(raw_page(0, {{0, "", folder()}, {0, "bad\n", Bytes(1, std::byte{1})}}));
    REQUIRE(fails(page, ErrorKind::corrupt));
    CHECK(page.error().message().find("bad\\n") != std::string::npos);
    CHECK(fails(decode_page(raw_page(0, {{0, "", {}}})), ErrorKind::corrupt));
}

TEST_CASE("a page that is empty, cut, too large, too high or promises too much is refused") {
    CHECK(fails(decode_page({}), ErrorKind::corrupt));
    CHECK(fails(decode_page(raw_page(0, {})), ErrorKind::corrupt));
    CHECK(fails(decode_page(raw_page(16, {{0, "", Bytes(32)}})), ErrorKind::corrupt));
    CHECK(decode_page(raw_page(15, {{0, "", Bytes(32)}})));
    CHECK(fails(decode_page(raw_page(1, {{0, "", Bytes(31)}})), ErrorKind::corrupt));
    for (const std::uint64_t count : {std::uint64_t{2}, std::uint64_t{1} << 60, ~std::uint64_t{0}})
        CHECK(fails(decode_page(util::Writer().u8(0).varint(count).raw(Bytes(6)).view()),
                    ErrorKind::corrupt));
    CHECK(fails(decode_page(Bytes((1 << 20) + 1)), ErrorKind::corrupt));
    const Bytes good = leaf({{0, ""}, {0, "a"}});
    REQUIRE(decode_page(good));
    format::test::every_wrong_length(
        good, [](BytesView bytes) { CHECK(fails(decode_page(bytes), ErrorKind::corrupt)); });
}

TEST_CASE("the largest body fits a page beside the longest path") {
    Entry entry;
    entry.type = FileType::folder;
    for (char c = 'a'; c < 'n'; ++c)
        entry.xattrs.push_back({.name = std::string(1, c), .value = Bytes(65'536)});
    entry.xattrs.push_back({.name = "n", .value = {}});
    const std::size_t left = limits::kBody - encode_body(entry).size();
    entry.xattrs.back().value.resize(left - 2); // a length of three bytes in place of one
    const Bytes body = encode_body(entry);
    REQUIRE(body.size() == limits::kBody);
    PageWriter writer(0);
    writer.add_entry(std::string(limits::kPath, 'a'), body);
    CHECK(must(decode_page(writer.take())).entries.front().xattrs == entry.xattrs);
}
