// SPDX-License-Identifier: Apache-2.0
#include "util/bytes.hpp"

#include <doctest/doctest.h>

#include <array>
#include <type_traits>
#include <unordered_set>

using namespace saoluu::util;

using Apple = Id<struct AppleTag, 16>;
using Pear = Id<struct PearTag, 16>;
static_assert(!std::is_convertible_v<Apple, Pear>);
static_assert(!std::is_constructible_v<Apple, Pear>);

TEST_CASE("hex comes back as the same bytes") {
    Bytes all(256);
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<std::byte>(i);
    const std::string hex = to_hex(all);
    CHECK(hex.substr(0, 8) == "00010203");
    CHECK(hex.substr(hex.size() - 4) == "feff");
    CHECK(from_hex(hex) == all);
    CHECK(to_hex({}).empty());
    CHECK(from_hex("") == Bytes());
}

TEST_CASE("hex has one form") {
    for (const char* bad :
         {"0", "abc", "AB", "aB", "0x", "g0", "0g", " 0", "0 ", "\xc3\xa9", "-1"}) {
        CAPTURE(bad);
        CHECK_FALSE(from_hex(bad));
    }
}

TEST_CASE("fixed integers are little-endian, whatever the machine") {
    std::array<std::byte, 8> at{};
    store_le(at.data(), std::uint64_t{0x0123456789abcdef});
    CHECK(to_hex(at) == "efcdab8967452301");
    CHECK(load_le<std::uint64_t>(at.data()) == 0x0123456789abcdef);
    CHECK(load_le<std::uint32_t>(at.data()) == 0x89abcdef);
    CHECK(load_le<std::uint16_t>(at.data()) == 0xcdef);
    CHECK(load_le<std::uint8_t>(at.data()) == 0xef);
    store_le(at.data(), std::uint16_t{0xff80});
    CHECK(load_le<std::uint16_t>(at.data()) == 0xff80);
}

TEST_CASE("ids order and compare as their bytes do") {
    const auto low = *Apple::from_hex_text("00ff0000000000000000000000000000");
    const auto high = *Apple::from_hex_text("01000000000000000000000000000000");
    CHECK(low < high); // unsigned, first byte first
    CHECK(low != high);
    CHECK(Apple::from(low.view()) == low);
    CHECK(Apple{}.is_zero());
    CHECK_FALSE(low.is_zero());
    CHECK(low.hex() == "00ff0000000000000000000000000000");
    std::unordered_set<Apple> set{low, high, low};
    CHECK(set.size() == 2);
}

TEST_CASE("an id has its length in hex, no other") {
    CHECK_FALSE(Apple::from_hex_text(""));
    CHECK_FALSE(Apple::from_hex_text("00ff00000000000000000000000000"));
    CHECK_FALSE(Apple::from_hex_text("00ff000000000000000000000000000000"));
    CHECK_FALSE(Apple::from_hex_text("00FF0000000000000000000000000000"));
}

TEST_CASE("bytes are compared by value, empty ones too") {
    const Bytes abc = copy_of(as_bytes("abc"));
    CHECK(equal(abc, as_bytes("abc")));
    CHECK_FALSE(equal(abc, as_bytes("abd")));
    CHECK_FALSE(equal(abc, as_bytes("ab")));
    CHECK(equal({}, Bytes()));
    CHECK(as_text(abc) == "abc");
    Bytes grown;
    append(grown, abc);
    append(grown, {});
    append(grown, abc);
    CHECK(as_text(grown) == "abcabc");
}
