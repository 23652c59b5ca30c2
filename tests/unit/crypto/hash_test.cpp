// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash.hpp"

#include "random_bytes.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <vector>

using namespace saoluu;
using crypto::Hasher;
using crypto::Key;
using crypto::Tuple;
using util::Bytes;
using util::BytesView;

namespace {

/// 0, 1, 2, …
Bytes counted(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::byte>(i);
    return bytes;
}

} // namespace

TEST_CASE("BLAKE2b-256 as Python's hashlib computes it") {
    CHECK(crypto::hash({}).hex() ==
          "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    CHECK(crypto::hash(util::as_bytes("abc")).hex() ==
          "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    CHECK(crypto::keyed_hash(Key::copy_of(counted(32)), counted(255)).hex() ==
          "f60f5c4a575c43db6c93608515866ea998e04b35792f5a92b27aa5880cd6721e");
}

TEST_CASE("parts give the hash of the whole, however it is cut") {
    const Key key = Key::copy_of(counted(32));
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        const Bytes whole = test::random_bytes(random() % 2'000, seed);
        Hasher plain;
        Hasher keyed(key);
        for (BytesView left = whole; !left.empty();) {
            const std::size_t size = std::min<std::size_t>(random() % 300, left.size());
            plain.update(left.first(size));
            keyed.update(left.first(size));
            left = left.subspan(size);
        }
        CHECK(plain.finish() == crypto::hash(whole));
        CHECK(keyed.finish() == crypto::keyed_hash(key, whole));
    }
}

TEST_CASE("a key makes another hash") {
    const Key one = Key::copy_of(counted(32));
    const Key zero;
    CHECK(crypto::keyed_hash(one, {}) != crypto::keyed_hash(zero, {}));
    CHECK(crypto::keyed_hash(zero, {}) != crypto::hash({}));
}

TEST_CASE("SipHash-2-4 as its authors publish it") {
    // Aumasson and Bernstein, appendix A: key 00 to 0f, message 00 to 0e
    CHECK(crypto::short_hash(counted(16), counted(15)) == 0xa129ca6149be45e5);
    CHECK_THROWS(crypto::short_hash(counted(15), counted(15)));
}

TEST_CASE("a tuple is its label and fields, each with its length") {
    CHECK(util::to_hex(Tuple("ab").view()) == "026162");
    CHECK(
        util::to_hex(
            Tuple("ab").add(util::as_bytes("xyz")).add({}).add_u8(7).add_u32(0x01020304).view()) ==
        "026162"
        "0378797a"
        "00"
        "0107"
        "0404030201");
    const Bytes large(200);
    CHECK(util::to_hex(BytesView(Tuple("").add(large).view()).first(4)) == "00c80100");
}

TEST_CASE("no two different lists of fields give the same bytes") {
    // All lists of up to 4 fields out of these, which are made to be mistaken for one another.
    const std::vector<std::string> parts = {"",
                                            "a",
                                            "aa",
                                            "\x01"
                                            "a",
                                            "\x02",
                                            std::string(1, '\0')};
    std::map<Bytes, std::vector<std::size_t>> seen;
    std::vector<std::vector<std::size_t>> lists = {{}};
    for (std::size_t i = 0; i < lists.size(); ++i) {
        const auto list = lists[i];
        if (!list.empty()) {
            Tuple tuple(parts[list[0]]);
            for (std::size_t j = 1; j < list.size(); ++j)
                tuple.add(util::as_bytes(parts[list[j]]));
            const bool is_new = seen.emplace(util::copy_of(tuple.view()), list).second;
            CHECK(is_new);
        }
        if (list.size() == 5)
            continue;
        for (std::size_t part = 0; part < parts.size(); ++part) {
            auto longer = list;
            longer.push_back(part);
            lists.push_back(std::move(longer));
        }
    }
    CHECK(seen.size() == 6 + 36 + 216 + 1'296 + 7'776);
}
