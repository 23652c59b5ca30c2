// SPDX-License-Identifier: Apache-2.0
#include "crypto/keypair.hpp"

#include "random_bytes.hpp"

#include <doctest/doctest.h>

#include <type_traits>

using namespace saoluu;
using crypto::Key;
using crypto::SealPair;
using crypto::SealPublic;
using crypto::Signature;
using crypto::SignPair;
using crypto::SignPublic;
using util::Bytes;

static_assert(!std::is_copy_constructible_v<SignPair> && !std::is_copy_assignable_v<SignPair>);
static_assert(!std::is_copy_constructible_v<SealPair> && !std::is_copy_assignable_v<SealPair>);
static_assert(!std::is_convertible_v<SignPublic, SealPublic>);

namespace {

Key key_of(std::string_view hex) {
    return Key::copy_of(util::from_hex(hex).value());
}

} // namespace

TEST_CASE("Ed25519 gives the vectors of RFC 8032, 7.1") {
    struct Case {
        const char* seed;
        const char* public_half;
        const char* message;
        const char* signature;
    };
    for (const Case& c :
         {Case{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
               "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
               "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61"
               "e39"
               "701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
          Case{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
               "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
               "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458"
               "f36"
               "13d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"}}) {
        const SignPair pair(key_of(c.seed));
        CHECK(pair.public_half().hex() == c.public_half);
        const Bytes message = util::from_hex(c.message).value();
        CHECK(pair.sign(message).hex() == c.signature);
        CHECK(crypto::verify(pair.public_half(), message, pair.sign(message)));
        CHECK(util::to_hex(pair.seed().view()) == c.seed);
    }
}

TEST_CASE("a signature holds for one signer and one message only") {
    const SignPair pair = SignPair::generate();
    const Bytes message = test::random_bytes(50, 1);
    const Signature good = pair.sign(message);
    CHECK(crypto::verify(pair.public_half(), message, good));
    CHECK(crypto::verify(pair.copy().public_half(), message, pair.copy().sign(message)));
    CHECK_FALSE(crypto::verify(SignPair::generate().public_half(), message, good));
    CHECK_FALSE(crypto::verify(pair.public_half(), util::BytesView(message).first(49), good));
    for (std::size_t bit = 0; bit < 512; ++bit) {
        Signature bad = good;
        bad.bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        CHECK_FALSE(crypto::verify(pair.public_half(), message, bad));
    }
    for (std::size_t bit = 0; bit < 400; ++bit) {
        Bytes bad = message;
        bad[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        CHECK_FALSE(crypto::verify(pair.public_half(), bad, good));
    }
}

TEST_CASE("nothing can be signed for a public half of small order") {
    // With the neutral element as public half, R = it and S = 0 would hold for every message.
    SignPublic neutral;
    neutral.bytes[0] = std::byte{1};
    Signature forged;
    forged.bytes[0] = std::byte{1};
    CHECK_FALSE(crypto::verify(neutral, util::as_bytes("anything"), forged));
    CHECK_FALSE(crypto::verify(SignPublic{}, util::as_bytes("anything"), Signature{}));
}

TEST_CASE("X25519 gives the vectors of RFC 7748, 6.1") {
    const SealPair alice(
        key_of("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
    const SealPair bob(key_of("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
    CHECK(alice.public_half().hex() ==
          "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    CHECK(bob.public_half().hex() ==
          "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    const char* shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
    CHECK(util::to_hex(alice.shared_with(bob.public_half())->view()) == shared);
    CHECK(util::to_hex(bob.shared_with(alice.public_half())->view()) == shared);
}

TEST_CASE("public halves of small order are refused") {
    const SealPair pair = SealPair::generate();
    for (const char* hex : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
        CAPTURE(hex);
        const SealPublic bad = SealPublic::from_hex_text(hex).value();
        CHECK_FALSE(crypto::is_usable(bad));
        const auto shared = pair.shared_with(bad);
        REQUIRE_FALSE(shared);
        CHECK(shared.error().kind() == ErrorKind::corrupt);
    }
    CHECK(crypto::is_usable(pair.public_half()));
    CHECK(pair.shared_with(SealPair::generate().public_half()));
}
