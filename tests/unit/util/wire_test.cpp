// SPDX-License-Identifier: Apache-2.0
#include "util/wire.hpp"

#include "random_bytes.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <random>

using namespace saoluu;
using util::Bytes;
using util::BytesView;
using util::Reader;
using util::Writer;

namespace {

Bytes bytes_of(std::string_view hex) {
    return util::from_hex(hex).value();
}

template <class T>
bool is_corrupt(const Result<T>& result) {
    return !result && result.error().kind() == ErrorKind::corrupt;
}

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

} // namespace

TEST_CASE("varints take the shortest form") {
    struct Case {
        std::uint64_t value;
        const char* hex;
    };
    for (const Case& c :
         {Case{0, "00"}, Case{1, "01"}, Case{127, "7f"}, Case{128, "8001"}, Case{300, "ac02"},
          Case{16'383, "ff7f"}, Case{16'384, "808001"}, Case{1ULL << 63, "80808080808080808001"},
          Case{kMost, "ffffffffffffffffff01"}}) {
        CAPTURE(c.hex);
        CHECK(util::to_hex(Writer().varint(c.value).view()) == c.hex);
        CHECK(util::varint_size(c.value) == bytes_of(c.hex).size());
        const Bytes in = bytes_of(c.hex);
        Reader reader(in);
        CHECK(*reader.varint() == c.value);
        CHECK(reader.finish());
    }
}

TEST_CASE("varints of any other form are refused") {
    for (const char* hex : {"", "80", "ffff", "8000", "ff00", "808000", "ffffffffffffffffff02",
                            "ffffffffffffffffff7f", "ffffffffffffffffff80",
                            "8080808080808080808001", "80808080808080808000"}) {
        CAPTURE(hex);
        const Bytes in = bytes_of(hex);
        CHECK(is_corrupt(Reader(in).varint()));
    }
}

TEST_CASE("a varint over its limit is refused") {
    const Bytes in = Writer().varint(1000).take();
    CHECK(*Reader(in).varint(1000) == 1000);
    CHECK(is_corrupt(Reader(in).varint(999)));
}

TEST_CASE("signed numbers go both ways to both ends") {
    struct Case {
        std::int64_t value;
        const char* hex;
    };
    for (const Case& c :
         {Case{0, "00"}, Case{-1, "01"}, Case{1, "02"}, Case{-64, "7f"}, Case{64, "8001"},
          Case{std::numeric_limits<std::int64_t>::max(), "feffffffffffffffff01"},
          Case{std::numeric_limits<std::int64_t>::min(), "ffffffffffffffffff01"}}) {
        CAPTURE(c.value);
        CHECK(util::to_hex(Writer().svarint(c.value).view()) == c.hex);
        const Bytes in = bytes_of(c.hex);
        CHECK(*Reader(in).svarint() == c.value);
    }
}

TEST_CASE("what is written is read again") {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        const std::uint64_t number = random() >> (random() % 64);
        const auto negative = -static_cast<std::int64_t>(random() >> 2);
        const Bytes blob = test::random_bytes(random() % 300, seed);
        const Bytes out = Writer()
                              .u8(0xfe)
                              .u16(0xfedc)
                              .u32(0xfedcba98)
                              .u64(number)
                              .varint(number)
                              .svarint(negative)
                              .bytes(blob)
                              .text("sao lưu")
                              .raw(blob)
                              .take();
        Reader in(out);
        CHECK(*in.u8() == 0xfe);
        CHECK(*in.u16() == 0xfedc);
        CHECK(*in.u32() == 0xfedcba98);
        CHECK(*in.u64() == number);
        CHECK(*in.varint() == number);
        CHECK(*in.svarint() == negative);
        CHECK(util::equal(*in.bytes(300), blob));
        CHECK(*in.text(100) == "sao lưu");
        CHECK(util::equal(in.rest(), blob));
        CHECK(in.finish());
    }
}

TEST_CASE("what is cut off is refused at every place, and nothing is read past it") {
    const Bytes whole = Writer().u8(1).u16(2).u32(3).u64(4).varint(300).bytes(Bytes(200)).take();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        Reader in(part); // a vector of its own, so that the sanitizer sees its end
        const bool all =
            in.u8() && in.u16() && in.u32() && in.u64() && in.varint() && in.bytes(200);
        CHECK_FALSE(all);
        CHECK(in.offset() <= part.size());
    }
}

TEST_CASE("lengths are checked before they are believed") {
    const Bytes huge = Writer().varint(kMost).u8(0).take();
    CHECK(is_corrupt(Reader(huge).bytes(kMost)));
    CHECK(is_corrupt(Reader(huge).bytes(10)));
    CHECK(is_corrupt(Reader(huge).text(10)));
    CHECK(is_corrupt(Reader(huge).count(1, kMost)));
    CHECK(is_corrupt(Reader(huge).raw(12)));
    const Bytes four = Writer().varint(4).raw(Bytes(4)).take();
    CHECK(Reader(four).bytes(4));
    CHECK(is_corrupt(Reader(four).bytes(3)));
}

TEST_CASE("a count can't promise more items than there are bytes for") {
    const Bytes in = Writer().varint(3).raw(Bytes(96)).take();
    CHECK(*Reader(in).count(32, 100) == 3);
    CHECK(is_corrupt(Reader(in).count(33, 100)));
    CHECK(is_corrupt(Reader(in).count(32, 2)));
}

TEST_CASE("texts are UTF-8 without NUL") {
    using namespace std::string_view_literals;
    for (const std::string_view bad :
         {"\0"sv, "a\0b"sv, "\xc3"sv, "\xc3\x28"sv, "\xc0\x80"sv, "\xe0\x80\xaf"sv,
          "\xed\xa0\x80"sv, "\xf4\x90\x80\x80"sv, "\x80"sv, "\xff"sv}) {
        const Bytes in = Writer().bytes(util::as_bytes(bad)).take();
        CHECK(is_corrupt(Reader(in).text(100)));
    }
    const Bytes in = Writer().text("").text("Quản trị 🗄").take();
    Reader reader(in);
    CHECK(reader.text(0)->empty());
    CHECK(*reader.text(100) == "Quản trị 🗄");
}

TEST_CASE("bytes behind the end are refused, and the error tells where") {
    const Bytes in = Writer().u8(1).u8(2).take();
    Reader reader(in);
    CHECK(reader.u8());
    CHECK_FALSE(reader.at_end());
    const auto finished = reader.finish();
    CHECK(is_corrupt(finished));
    CHECK(finished.error().message().find("offset 1") != std::string::npos);
    CHECK(reader.rest().size() == 1);
    CHECK(reader.at_end());
    CHECK(reader.finish());
}

TEST_CASE("ids are read as they lie") {
    using Name = util::Id<struct NameTag, 4>;
    const Bytes in = bytes_of("0102030405");
    Reader reader(in);
    CHECK(reader.id<Name>()->hex() == "01020304");
    CHECK(is_corrupt(reader.id<Name>()));
}

TEST_CASE("a writer goes on behind what it was given") {
    Bytes head = bytes_of("aabb");
    Writer writer(std::move(head));
    CHECK(writer.u8(0xcc).size() == 3);
    CHECK(util::to_hex(writer.take()) == "aabbcc");
}
