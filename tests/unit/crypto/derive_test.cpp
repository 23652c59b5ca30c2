// SPDX-License-Identifier: Apache-2.0
#include "crypto/derive.hpp"

#include <doctest/doctest.h>

using namespace saoluu;
using crypto::Key;
using crypto::Tuple;
using util::Bytes;

namespace {

Key counted_key() {
    Key key;
    for (std::size_t i = 0; i < 32; ++i)
        key.writable()[i] = static_cast<std::byte>(i);
    return key;
}

} // namespace

TEST_CASE("without a key: BLAKE2b-512 of RFC 7693, appendix A, cut in two") {
    const auto both = crypto::derive_committed(util::as_bytes("abc"));
    CHECK(util::to_hex(both.key.view()) ==
          "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1");
    CHECK(util::to_hex(both.commitment) ==
          "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

TEST_CASE("with a key: as Python's hashlib computes it") {
    Bytes bytes(255);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>(i);
    const auto all = crypto::keyed_hash64(counted_key(), bytes);
    CHECK(
        util::to_hex(all) ==
        "0cea916812cf434b1a2d1f117fb0533085f1f664682b62266ee6ad54a431d114d1101f4405303285a406547a6c"
        "a2d264c0531caa2ec0b3f6a99fba80116041fe");
    const auto both = crypto::derive_committed(counted_key(), bytes);
    CHECK(util::to_hex(both.key.view()) == util::to_hex(all).substr(0, 64));
    CHECK(util::to_hex(both.commitment) == util::to_hex(all).substr(64));
}

TEST_CASE("keys are derived from a tuple by the keyed hash") {
    const Tuple tuple = Tuple("saoluu/1/test").add_u8(1);
    const Key key = crypto::derive_key(counted_key(), tuple);
    CHECK(util::to_hex(key.view()) == crypto::keyed_hash(counted_key(), tuple.view()).hex());
    const auto both = crypto::derive_committed(counted_key(), tuple);
    CHECK(util::to_hex(both.key.view()) ==
          util::to_hex(crypto::keyed_hash64(counted_key(), tuple.view())).substr(0, 64));
    CHECK(util::to_hex(both.key.view()) != util::to_hex(key.view()));
}

TEST_CASE("another label, field or key gives another key and another commitment") {
    const auto base = crypto::derive_committed(counted_key(), Tuple("a").add_u8(1));
    for (const auto& other : {crypto::derive_committed(counted_key(), Tuple("b").add_u8(1)),
                              crypto::derive_committed(counted_key(), Tuple("a").add_u8(2)),
                              crypto::derive_committed(counted_key(), Tuple("a").add_u32(1)),
                              crypto::derive_committed(Key(), Tuple("a").add_u8(1))}) {
        CHECK_FALSE(util::equal(other.key.view(), base.key.view()));
        CHECK(other.commitment != base.commitment);
    }
}
