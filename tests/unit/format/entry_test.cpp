// SPDX-License-Identifier: Apache-2.0
#include "format/entry.hpp"

#include "some_entries.hpp"

#include <algorithm>
#include <limits>

using namespace saoluu;
using namespace saoluu::format;
using format::test::fails;
using format::test::must;
using format::test::Random;
using format::test::some_entry;
using format::test::some_path;
using format::test::some_segments;

namespace {

/// A file's body, put together by hand.
Bytes file_body(std::uint64_t size, std::initializer_list<Bytes> segments, bool with_hash) {
    util::Writer out;
    out.u8(1).varint(0644).varint(0).varint(0).svarint(0).varint(0).varint(size).varint(
        segments.size());
    for (const Bytes& segment : segments)
        out.raw(segment);
    if (with_hash)
        out.varint(5).bytes(Bytes(32));
    return out.take();
}
Bytes segment(std::uint64_t kind, std::initializer_list<std::uint64_t> numbers) {
    util::Writer body;
    if (kind != 0)
        body.raw(Bytes(32));
    for (const std::uint64_t number : numbers)
        body.varint(number);
    return util::Writer().varint(kind).bytes(body.view()).take();
}
/// A body of another type without a part of its own, and these fields.
Bytes plain_body(std::uint8_t type, std::uint64_t tag, BytesView value) {
    return util::Writer()
        .u8(type)
        .varint(0755)
        .varint(0)
        .varint(0)
        .svarint(0)
        .varint(0)
        .varint(tag)
        .bytes(value)
        .take();
}
Result<Entry> decoded(const Bytes& body) {
    return decode_body("a", body);
}

constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();

} // namespace

TEST_CASE("paths sort as bytes with a slash as zero") {
    Random random;
    INFO("seed ", random.seed());
    for (int i = 0; i < 5000; ++i) {
        const std::string a = some_path(random);
        const std::string b = random.coin() ? some_path(random) : a + (a.empty() ? "" : "/") + "x";
        const auto mapped = [](std::string path) {
            std::replace(path.begin(), path.end(), '/', '\0');
            return path;
        };
        CHECK(compare_paths(a, b) == (mapped(a) <=> mapped(b)));
        CHECK(compare_paths(a, a) == 0);
    }
}

TEST_CASE("a path has no empty part, no dots, no zero byte, and limits") {
    Random random;
    INFO("seed ", random.seed());
    for (int i = 0; i < 1000; ++i)
        CHECK(check_path(some_path(random)));
    for (const char* good : {"", "a", "a/b", "...", "..a/.b", "a b/\xff\n"})
        CHECK(check_path(good));
    for (const std::string_view bad :
         {"/", "/a", "a/", "a//b", ".", "..", "a/.", "./a", "a/../b", "../a"}) {
        INFO(bad);
        CHECK(fails(check_path(bad), ErrorKind::corrupt));
    }
    CHECK(fails(check_path(std::string_view("a\0b", 3)), ErrorKind::corrupt));
    CHECK(check_path(std::string(limits::kPath, 'a')));
    CHECK(fails(check_path(std::string(limits::kPath + 1, 'a')), ErrorKind::corrupt));
    std::string deep = "a";
    for (std::size_t depth = 1; depth < limits::kDepth; ++depth)
        deep += "/a";
    CHECK(check_path(deep));
    CHECK(fails(check_path(deep + "/a"), ErrorKind::corrupt));
}

TEST_CASE("an entry comes back from its body") {
    Random random;
    INFO("seed ", random.seed());
    for (int i = 0; i < 3000; ++i) {
        const Entry entry = some_entry(random, some_path(random));
        const Bytes body = encode_body(entry);
        const auto found = decode_body(entry.path, body);
        REQUIRE(found);
        REQUIRE(*found == entry);
        // Nothing may be cut off or hang behind.
        REQUIRE_FALSE(decode_body("a", BytesView(body).first(body.size() - 1)) == entry);
    }
}

TEST_CASE("a body has one form: whatever is accepted is encoded to the same bytes") {
    Random random;
    INFO("seed ", random.seed());
    std::size_t accepted = 0;
    for (int i = 0; i < 300; ++i) {
        const Bytes body = encode_body(some_entry(random, "a"));
        for (int mutation = 0; mutation < 100; ++mutation) {
            Bytes other = body;
            other[random.size(0, other.size() - 1)] = static_cast<std::byte>(random.number(255));
            if (random.coin())
                other.insert(other.begin() +
                                 static_cast<std::ptrdiff_t>(random.size(0, other.size())),
                             static_cast<std::byte>(random.number(255)));
            const auto found = decoded(other);
            if (!found || found->refused)
                continue;
            // Unknown even fields are passed over, and so not kept.
            const Bytes again = encode_body(*found);
            if (again.size() == other.size()) {
                REQUIRE(again == other);
                ++accepted;
            }
        }
    }
    CHECK(accepted > 0);
}

TEST_CASE("a file's segments fit its size, and each other") {
    CHECK(decoded(file_body(0, {}, false)));
    CHECK(decoded(file_body(12, {segment(1, {5}), segment(0, {7})}, false)));
    CHECK(decoded(file_body(8 << 20, {segment(1, {8 << 20})}, false)));
    CHECK(decoded(file_body(5, {segment(2, {(8 << 20) - 5, 5})}, true)));
    CHECK(decoded(file_body(kMost, {segment(3, {kMost})}, false)));
    CHECK(decoded(file_body(kMost, {segment(0, {kMost})}, false)));
    for (const Bytes& bad : {
             file_body(1, {}, false),
             file_body(12, {segment(1, {5}), segment(0, {6})}, false),
             file_body(12, {segment(1, {5}), segment(0, {8})}, false),
             file_body(2, {segment(0, {1}), segment(0, {1})}, false), // two holes
             file_body(0, {segment(0, {0})}, false),                  // an empty one
             file_body(0, {segment(1, {0})}, false),
             file_body(0, {segment(2, {0, 0})}, true),
             file_body(0, {segment(3, {0})}, false),
             file_body((8 << 20) + 1, {segment(1, {(8 << 20) + 1})}, false),
             file_body(5, {segment(2, {(8 << 20) - 4, 5})}, true), // past its chunk
             file_body(5, {segment(2, {~std::uint64_t{0} - 1, 5})}, true),
             file_body(5, {segment(2, {0, 5})}, false), // a part without a hash
             file_body(4, {segment(0, {kMost}), segment(3, {kMost}), segment(1, {5})}, false),
             file_body(kMost, {segment(0, {kMost}), segment(3, {1})}, false),
             file_body(1, {segment(0, {1, 1})}, false), // bytes behind
             file_body(1, {segment(1, {})}, false),
             file_body(kMost + 1, {}, false),
         })
        CHECK(fails(decoded(bad), ErrorKind::corrupt));
}

TEST_CASE("a segment of an unknown kind refuses its file by name, and is kept") {
    const Bytes body = file_body(12, {segment(1, {5}), segment(9, {1})}, true);
    const Entry entry = must(decode_body("home/new", body));
    REQUIRE(entry.refused);
    CHECK(entry.refused->find("kind 9") != std::string::npos);
    CHECK(entry.path == "home/new");
    REQUIRE(entry.segments.size() == 2);
    CHECK(std::get<UnknownSegment>(entry.segments[1]).kind == 9);
    CHECK(length_of(entry.segments[0]) == 5);
    CHECK(length_of(entry.segments[1]) == 0);
    CHECK(fails(decoded(file_body(12, {segment(1, {5}), segment(9, {1})}, false)),
                ErrorKind::corrupt)); // needs the file's hash
    CHECK(fails(decoded(file_body(4, {segment(1, {5}), segment(9, {1})}, true)),
                ErrorKind::corrupt)); // what is known is too long already
}

TEST_CASE("an unknown type and an unknown critical field are refused by name") {
    for (const std::uint8_t type : std::initializer_list<std::uint8_t>{0, 8, 255}) {
        const Entry entry = must(decoded(Bytes(1, static_cast<std::byte>(type))));
        REQUIRE(entry.refused);
        CHECK(entry.refused->find(std::to_string(type)) != std::string::npos);
    }
    const Entry entry = must(decoded(plain_body(2, 7, {})));
    REQUIRE(entry.refused);
    CHECK(entry.refused->find("field 7") != std::string::npos);
    CHECK(entry.type == FileType::folder);
    CHECK_FALSE(must(decoded(plain_body(2, 8, {}))).refused);
}

TEST_CASE("fields belong to their types") {
    const Bytes group(16);
    const Bytes hash(32);
    for (const std::uint8_t type : std::initializer_list<std::uint8_t>{4, 7}) {
        CHECK(decoded(plain_body(type, 3, group)));
        CHECK(fails(decoded(plain_body(type, 5, hash)), ErrorKind::corrupt));
    }
    CHECK(fails(decoded(plain_body(2, 3, group)), ErrorKind::corrupt));
    CHECK(fails(decoded(plain_body(4, 3, Bytes(15))), ErrorKind::corrupt));
    CHECK(fails(decoded(plain_body(2, 5, hash)), ErrorKind::corrupt));
    CHECK(decoded(file_body(0, {}, true)));
}

TEST_CASE("extended attributes are sorted, named, and within limits") {
    const auto list = [](std::initializer_list<std::pair<std::string, std::size_t>> xattrs) {
        util::Writer out;
        out.varint(xattrs.size());
        for (const auto& [name, size] : xattrs)
            out.text(name).bytes(Bytes(size));
        return out.take();
    };
    const auto entry = [&](const Bytes& xattrs) { return decoded(plain_body(2, 1, xattrs)); };
    CHECK(must(entry(list({{"user.a", 3}, {"user.b", 0}}))).xattrs.size() == 2);
    CHECK(entry(list({{std::string(255, 'a'), 65'536}})));
    for (const Bytes& bad :
         {list({}), list({{"b", 1}, {"a", 1}}), list({{"a", 1}, {"a", 1}}), list({{"", 1}}),
          list({{std::string(256, 'a'), 1}}), list({{std::string("a\0b", 3), 1}}),
          list({{"a", 65'537}}), util::Writer().varint(~std::uint64_t{0}).take(),
          util::Writer().raw(list({{"a", 1}})).u8(0).take()})
        CHECK(fails(entry(bad), ErrorKind::corrupt));
}

TEST_CASE("modes, times and links have limits") {
    const auto body = [](std::uint64_t mode, std::uint64_t nanoseconds) {
        return util::Writer()
            .u8(2)
            .varint(mode)
            .varint(0)
            .varint(0)
            .svarint(std::numeric_limits<std::int64_t>::min())
            .varint(nanoseconds)
            .take();
    };
    CHECK(decoded(body(07777, 999'999'999)));
    CHECK(fails(decoded(body(010000, 0)), ErrorKind::corrupt));
    CHECK(fails(decoded(body(0, 1'000'000'000)), ErrorKind::corrupt));
    const auto link = [](const std::string& target) {
        return util::Writer()
            .u8(3)
            .varint(0777)
            .varint(0)
            .varint(0)
            .svarint(0)
            .varint(0)
            .text(target)
            .take();
    };
    CHECK(must(decoded(link("../\xff x"))).target == "../\xff x");
    CHECK(decoded(link(std::string(65'535, 'a'))));
    CHECK(fails(decoded(link(std::string(65'536, 'a'))), ErrorKind::corrupt));
    CHECK(fails(decoded(link("")), ErrorKind::corrupt));
    CHECK(fails(decoded(link(std::string("a\0b", 3))), ErrorKind::corrupt));
    CHECK(fails(decoded({}), ErrorKind::corrupt));
}

TEST_CASE("a list of segments comes back, at every level") {
    Random random;
    INFO("seed ", random.seed());
    for (int i = 0; i < 300; ++i) {
        SegmentList list;
        list.level = static_cast<std::uint8_t>(i % 4);
        if (list.level == 0) {
            do
                list.segments = some_segments(random, 10);
            while (list.segments.empty() ||
                   std::any_of(list.segments.begin(), list.segments.end(), [](const Segment& one) {
                       return std::holds_alternative<ChunkList>(one);
                   }));
        } else {
            for (std::size_t left = random.size(1, 5); left > 0; --left)
                list.segments.push_back(ChunkList{.id = random.id<ChunkId>(),
                                                  .length = 1 + random.number(1'000'000'000'000)});
        }
        const SegmentList found = must(decode_list(encode_list(list)));
        CHECK(found.level == list.level);
        CHECK(found.segments == list.segments);
    }
}

TEST_CASE("a list of another level, empty, endless or too long is refused") {
    const auto list = [](std::uint8_t level, std::initializer_list<Bytes> segments) {
        util::Writer out;
        out.u8(level).varint(segments.size());
        for (const Bytes& one : segments)
            out.raw(one);
        return decode_list(out.view());
    };
    CHECK(list(0, {segment(0, {1}), segment(1, {1}), segment(2, {1, 1})}));
    CHECK(list(3, {segment(3, {kMost})}));
    CHECK(fails(list(4, {segment(3, {1})}), ErrorKind::corrupt));
    CHECK(fails(list(0, {segment(3, {1})}), ErrorKind::corrupt));
    CHECK(fails(list(1, {segment(1, {1})}), ErrorKind::corrupt));
    CHECK(fails(list(1, {segment(0, {1})}), ErrorKind::corrupt));
    CHECK(fails(list(0, {}), ErrorKind::corrupt));
    CHECK(fails(list(0, {segment(0, {1}), segment(0, {1})}), ErrorKind::corrupt));
    CHECK(fails(list(2, {segment(3, {kMost}), segment(3, {1})}), ErrorKind::corrupt));
    CHECK(fails(decode_list(util::Writer().u8(0).varint(~std::uint64_t{0}).view()),
                ErrorKind::corrupt));
    CHECK(fails(decode_list(Bytes((1 << 20) + 1)), ErrorKind::corrupt));
    CHECK(fails(decode_list({}), ErrorKind::corrupt));
    // What is not known is for the file to refuse.
    const SegmentList found = must(list(1, {segment(8, {1})}));
    CHECK(std::holds_alternative<UnknownSegment>(found.segments.front()));
}
