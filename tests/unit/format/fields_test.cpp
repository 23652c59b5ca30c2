// SPDX-License-Identifier: Apache-2.0
#include "format/fields.hpp"

#include "samples.hpp"

#include <limits>

using namespace saoluu;
using namespace saoluu::format;
using format::test::fails;
using format::test::must;
using format::test::Random;

namespace {

Bytes bytes_of(const char* hex) {
    return util::from_hex(hex).value();
}

} // namespace

TEST_CASE("fields come back with the values that were written") {
    Random random;
    INFO("seed ", random.seed());
    const std::uint64_t number = random.number(~std::uint64_t{0});
    const Time time = random.time();
    const auto id = random.id<SessionId>();
    const Bytes raw = random.bytes(random.size(0, 300));
    const std::string text = "văn " + random.text();
    FieldWriter out;
    out.add_varint(1, number).add_time(2, time).add_u8(3, 0xff).add_text(5, text).add(9, raw).add(
        1'000'000, id.view());
    const Bytes bytes = out.take();
    const auto fields = must(FieldReader::read(bytes, {1, 2, 3, 5, 9, 1'000'000}));
    CHECK(must(fields.varint(1)) == number);
    CHECK(must(fields.time(2)) == time);
    CHECK(must(fields.u8(3)) == 0xff);
    CHECK(must(fields.text(5)) == text);
    CHECK(util::equal(fields.raw(9), raw));
    CHECK(must(fields.id<SessionId>(1'000'000)) == id);
    CHECK_FALSE(fields.has(4));
    CHECK(fields.raw(4).empty());
    CHECK(fails(fields.varint(1, number - 1),
                number == 0 ? ErrorKind::failure : ErrorKind::corrupt) == (number != 0));
}

TEST_CASE("fields that are not in order, cut, or in a longer form are corrupt") {
    for (const char* bad : {"02000200",             // a tag twice
                            "04000200",             // descending
                            "0205aa",               // a value longer than what is there
                            "02",                   // no value
                            "820000",               // a tag in two bytes that needs one
                            "02ffffffffffffffff7f", // a length of nearly 2^63
                            "80"}) {
        INFO(bad);
        const Bytes bytes = bytes_of(bad);
        CHECK(fails(FieldReader::read(bytes, {2, 4}), ErrorKind::corrupt));
        CHECK(fails(FieldReader::read(bytes, {}), ErrorKind::corrupt));
    }
    CHECK(FieldReader::read({}, {}));
}

TEST_CASE(
    "an unknown even tag is passed over, an unknown odd one refuses the whole by its number") {
    const Bytes even = bytes_of("010102040309aabb"); // 1 = 02, 4 = 3 bytes
    CHECK(must(must(FieldReader::read(even, {1})).varint(1)) == 2);
    const Bytes odd = bytes_of("01010203000500"); // 1 = 02, 3 and 5 empty
    const auto refused = FieldReader::read(odd, {1});
    REQUIRE(fails(refused, ErrorKind::unsupported));
    CHECK(refused.error().message().find("field 3") != std::string::npos);
}

TEST_CASE("damage behind an unknown critical field is damage, not a newer version") {
    const Bytes bytes = bytes_of("0300"
                                 "0205");
    CHECK(fails(FieldReader::read(bytes, {}), ErrorKind::corrupt));
}

TEST_CASE("a missing field and a malformed one are told by number") {
    const Bytes bytes = bytes_of("01028000"
                                 "0302ff00"
                                 "050100"
                                 "07020161");
    const auto fields = must(FieldReader::read(bytes, {1, 3, 5, 7, 9}));
    for (const auto& failed :
         {fields.varint(1), fields.varint(3), fields.varint(7), fields.varint(9)})
        CHECK(fails(failed, ErrorKind::corrupt));
    CHECK(fails(fields.time(1), ErrorKind::corrupt));
    CHECK(fails(fields.u8(1), ErrorKind::corrupt));
    CHECK(fails(fields.text(5), ErrorKind::corrupt)); // NUL
    CHECK(fails(fields.id<SessionId>(1), ErrorKind::corrupt));
    CHECK(fields.must(9).error().message().find("field 9") != std::string::npos);
    CHECK(fields.varint(1).error().message().find("field 1") != std::string::npos);
}

TEST_CASE("a field that has its default must be left out") {
    const Bytes bytes = bytes_of("0100"
                                 "030100");
    const auto fields = must(FieldReader::read(bytes, {1, 3, 5}));
    CHECK(fails(fields.text_or_empty(1), ErrorKind::corrupt));
    CHECK(fails(fields.ids_or_none<MarkId>(3, Ascending::yes), ErrorKind::corrupt));
    CHECK(must(fields.text_or_empty(5)).empty());
    CHECK(must(fields.ids_or_none<MarkId>(5, Ascending::yes)).empty());
    CHECK_FALSE(must(fields.optional_id<MarkId>(5)));
    CHECK(FieldWriter().add_text_unless_empty(1, "").take().empty());
}

TEST_CASE("a text has a limit, and is UTF-8 without NUL") {
    CHECK(may_be_text(""));
    CHECK(may_be_text(std::string(limits::kText, 'a')));
    CHECK_FALSE(may_be_text(std::string(limits::kText + 1, 'a')));
    CHECK_FALSE(may_be_text(std::string_view("a\0b", 3)));
    CHECK_FALSE(may_be_text("\xc3"));
    FieldWriter out;
    const std::string long_text(limits::kText + 1, 'a');
    out.add(1, util::as_bytes(long_text));
    const Bytes bytes = out.take();
    CHECK(fails(must(FieldReader::read(bytes, {1})).text(1), ErrorKind::corrupt));
}

TEST_CASE("a list of ids keeps its order, and one that must ascend is refused where it does not") {
    Random random;
    INFO("seed ", random.seed());
    auto ids = random.ascending_ids<PackId>(random.size(2, 40));
    CHECK(must(decode_ids<PackId>(encode_ids(ids), Ascending::yes)) == ids);
    std::swap(ids.front(), ids.back());
    CHECK(must(decode_ids<PackId>(encode_ids(ids), Ascending::no)) == ids);
    CHECK(fails(decode_ids<PackId>(encode_ids(ids), Ascending::yes), ErrorKind::corrupt));
    ids = {ids[0], ids[0]};
    CHECK(fails(decode_ids<PackId>(encode_ids(ids), Ascending::yes), ErrorKind::corrupt));
}

TEST_CASE("a list that says it is longer than it is takes no memory") {
    for (const std::uint64_t count :
         {std::uint64_t{2}, std::uint64_t{1} << 40, std::numeric_limits<std::uint64_t>::max()}) {
        const Bytes bytes = util::Writer().varint(count).raw(Bytes(32)).take();
        CHECK(fails(decode_ids<PackId>(bytes, Ascending::no), ErrorKind::corrupt));
    }
}
