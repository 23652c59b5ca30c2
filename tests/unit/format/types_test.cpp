// SPDX-License-Identifier: Apache-2.0
#include "format/types.hpp"

#include "samples.hpp"

using namespace saoluu;
using namespace saoluu::format;
using format::test::fails;
using format::test::must;

namespace {

Header some_header() {
    return {.kind = Kind::mark, .suite = Suite::aes256gcm, .epoch = 0x01020304};
}

} // namespace

TEST_CASE("a header is read as it was written, and is 16 bytes") {
    const auto bytes = some_header().encode();
    CHECK(bytes.size() == 16);
    CHECK(util::to_hex(bytes) == "73616f6c757501090200000004030201");
    CHECK(must(Header::decode(bytes)) == some_header());
    CHECK(must(Header::decode(bytes, Kind::mark)) == some_header());
    CHECK(fails(Header::decode(bytes, Kind::open), ErrorKind::corrupt));
}

TEST_CASE("a header that is too short or not ours is corrupt") {
    const auto bytes = some_header().encode();
    for (std::size_t size = 0; size < bytes.size(); ++size)
        CHECK(fails(Header::decode(BytesView(bytes).first(size)), ErrorKind::corrupt));
    for (std::size_t at = 0; at < 6; ++at) {
        auto other = bytes;
        other[at] ^= std::byte{1};
        CHECK(fails(Header::decode(other), ErrorKind::corrupt));
    }
    for (std::size_t at = 9; at < 12; ++at) {
        auto other = bytes;
        other[at] = std::byte{1};
        CHECK(fails(Header::decode(other), ErrorKind::corrupt));
    }
}

TEST_CASE("a newer version is told before anything else in the header is looked at") {
    auto bytes = some_header().encode();
    bytes.fill(std::byte{0xff});
    const auto magic = some_header().encode();
    std::copy_n(magic.begin(), 6, bytes.begin());
    bytes[6] = std::byte{2};
    const auto decoded = Header::decode(bytes);
    REQUIRE(fails(decoded, ErrorKind::unsupported));
    CHECK(decoded.error().message().find("version 2") != std::string::npos);
}

TEST_CASE("every kind that the format knows is read, and no other") {
    for (int number = 0; number < 256; ++number) {
        auto bytes = some_header().encode();
        bytes[7] = static_cast<std::byte>(number);
        const bool known = number >= 1 && number <= 17 && number != 13;
        CHECK(Header::decode(bytes).has_value() == known);
        if (known) {
            CHECK(title_of(static_cast<Kind>(number)) != "unknown object");
        } else {
            CHECK(fails(Header::decode(bytes), ErrorKind::unsupported));
        }
    }
}

TEST_CASE("a suite that is not known is refused by its number") {
    for (const int number : {0, 3, 255}) {
        auto bytes = some_header().encode();
        bytes[8] = static_cast<std::byte>(number);
        const auto decoded = Header::decode(bytes);
        REQUIRE(fails(decoded, ErrorKind::unsupported));
        CHECK(decoded.error().message().find(std::to_string(number)) != std::string::npos);
    }
}

TEST_CASE("a flipped bit anywhere fails the self-check, and so does a cut") {
    format::test::Random random;
    INFO("seed ", random.seed());
    const Bytes content = random.bytes(60);
    const Bytes object = with_self_check(content);
    CHECK(object.size() == content.size() + 32);
    CHECK(util::equal(must(without_self_check(object)), content));
    const auto refuse = [](BytesView damaged) {
        CHECK(fails(without_self_check(damaged), ErrorKind::corrupt));
    };
    format::test::every_flipped_bit(object, refuse);
    format::test::every_wrong_length(object, refuse);
    CHECK(without_self_check(with_self_check({})));
}
