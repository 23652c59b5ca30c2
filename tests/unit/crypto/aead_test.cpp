// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead.hpp"

#include "random_bytes.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>

#include <sodium.h>

using namespace saoluu;
using crypto::Aead;
using crypto::Key;
using crypto::Suite;
using util::Bytes;
using util::BytesView;

namespace {

constexpr std::array kSuites = {Suite::xchacha20, Suite::aes256gcm};

Bytes bytes_of(std::string_view hex) {
    return util::from_hex(hex).value();
}

Key key_of(std::string_view hex) {
    return Key::copy_of(bytes_of(hex));
}

Bytes seal(Aead& aead, BytesView nonce, BytesView ad, BytesView plain) {
    Bytes sealed(plain.size() + crypto::kTagSize);
    aead.seal(nonce, ad, plain, sealed);
    return sealed;
}

bool opens(Aead& aead, BytesView nonce, BytesView ad, BytesView sealed) {
    Bytes out(sealed.size() - crypto::kTagSize);
    return aead.open(nonce, ad, sealed, out);
}

const unsigned char* units(BytesView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

} // namespace

TEST_CASE("suite 1 gives the draft's vector") {
    // draft-irtf-cfrg-xchacha-03, A.3.1
    Aead aead(Suite::xchacha20,
              key_of("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"));
    const Bytes nonce = bytes_of("404142434445464748494a4b4c4d4e4f5051525354555657");
    const Bytes ad = bytes_of("50515253c0c1c2c3c4c5c6c7");
    const auto plain =
        util::as_bytes("Ladies and Gentlemen of the class of '99: If I could offer you "
                       "only one tip for the future, sunscreen would be it.");
    const Bytes sealed = seal(aead, nonce, ad, plain);
    CHECK(
        util::to_hex(sealed) ==
        "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4e"
        "da7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2"
        "383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49");
    Bytes out(plain.size());
    CHECK(aead.open(nonce, ad, sealed, out));
    CHECK(util::equal(out, plain));
}

TEST_CASE("suite 2 gives the specification's vectors") {
    // McGrew and Viega, The Galois/Counter Mode of Operation, test cases 13, 14 and 16
    Aead zero(Suite::aes256gcm, Key());
    const Bytes zero_nonce(12);
    CHECK(util::to_hex(seal(zero, zero_nonce, {}, {})) == "530f8afbc74536b9a963b4f1c4cb738b");
    CHECK(util::to_hex(seal(zero, zero_nonce, {}, Bytes(16))) ==
          "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");

    Aead aead(Suite::aes256gcm,
              key_of("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
    const Bytes nonce = bytes_of("cafebabefacedbaddecaf888");
    const Bytes ad = bytes_of("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const Bytes plain = bytes_of(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532f"
        "cf0e2449a6b525b16aedf5aa0de657ba637b39");
    const Bytes sealed = seal(aead, nonce, ad, plain);
    CHECK(
        util::to_hex(sealed) ==
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056"
        "828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
    CHECK(opens(aead, nonce, ad, sealed));
}

TEST_CASE("suite 1 is libsodium's XChaCha20-Poly1305 for any lengths, with one object reused") {
    REQUIRE(crypto::start());
    const Key key = Key::random();
    Aead aead(Suite::xchacha20, key);
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        const Bytes plain = test::random_bytes(seed < 100 ? seed : random() % 70'000, seed);
        const Bytes ad = test::random_bytes(random() % 200, seed + 1);
        const Bytes nonce = test::random_bytes(24, seed + 2);
        Bytes theirs(plain.size() + crypto::kTagSize);
        ::crypto_aead_xchacha20poly1305_ietf_encrypt(
            reinterpret_cast<unsigned char*>(theirs.data()), nullptr, units(plain), plain.size(),
            units(ad), ad.size(), nullptr, units(nonce), units(key.view()));
        REQUIRE(seal(aead, nonce, ad, plain) == theirs);
        Bytes out(plain.size());
        REQUIRE(aead.open(nonce, ad, theirs, out));
        REQUIRE(out == plain);
    }
}

TEST_CASE("suite 2 is libsodium's AES-256-GCM where the processor has it") {
    REQUIRE(crypto::start());
    if (::crypto_aead_aes256gcm_is_available() == 0) {
        MESSAGE("skipped: libsodium does AES-256-GCM on few processors only");
        return;
    }
    const Key key = Key::random();
    Aead aead(Suite::aes256gcm, key);
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        const Bytes plain = test::random_bytes(seed < 100 ? seed : random() % 70'000, seed);
        const Bytes ad = test::random_bytes(random() % 200, seed + 1);
        const Bytes nonce = test::random_bytes(12, seed + 2);
        Bytes theirs(plain.size() + crypto::kTagSize);
        ::crypto_aead_aes256gcm_encrypt(reinterpret_cast<unsigned char*>(theirs.data()), nullptr,
                                        units(plain), plain.size(), units(ad), ad.size(), nullptr,
                                        units(nonce), units(key.view()));
        REQUIRE(seal(aead, nonce, ad, plain) == theirs);
    }
}

TEST_CASE("a change of any bit is refused, and no plain text is left") {
    for (const Suite suite : kSuites) {
        CAPTURE(static_cast<int>(suite));
        Aead aead(suite, Key::random());
        const Bytes nonce = test::random_bytes(crypto::nonce_size(suite), 1);
        const Bytes ad = test::random_bytes(33, 2);
        const Bytes plain = test::random_bytes(100, 3);
        const Bytes sealed = seal(aead, nonce, ad, plain);
        const auto flipped = [](const Bytes& bytes, std::size_t bit) {
            Bytes other = bytes;
            other[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
            return other;
        };
        Bytes out(plain.size());
        for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
            std::fill(out.begin(), out.end(), std::byte{0x55});
            REQUIRE_FALSE(aead.open(nonce, ad, flipped(sealed, bit), out));
            REQUIRE(out == Bytes(plain.size()));
        }
        for (std::size_t bit = 0; bit < ad.size() * 8; ++bit)
            REQUIRE_FALSE(opens(aead, nonce, flipped(ad, bit), sealed));
        for (std::size_t bit = 0; bit < nonce.size() * 8; ++bit)
            REQUIRE_FALSE(opens(aead, flipped(nonce, bit), ad, sealed));
        for (std::size_t size = crypto::kTagSize; size < sealed.size(); ++size)
            REQUIRE_FALSE(opens(aead, nonce, ad, BytesView(sealed).first(size)));
        CHECK_FALSE(opens(aead, nonce, BytesView(ad).first(32), sealed));
        CHECK_FALSE(opens(aead, nonce, {}, sealed));
        Aead other(suite, Key::random());
        CHECK_FALSE(opens(other, nonce, ad, sealed));
        CHECK(opens(aead, nonce, ad, sealed)); // nothing of all that stuck
    }
}

TEST_CASE("what is shorter than a tag, or not as long as its buffer, is refused") {
    for (const Suite suite : kSuites) {
        Aead aead(suite, Key::random());
        const Bytes nonce(crypto::nonce_size(suite));
        Bytes out;
        CHECK_FALSE(aead.open(nonce, {}, {}, out));
        CHECK_FALSE(aead.open(nonce, {}, Bytes(15), out));
        const Bytes sealed = seal(aead, nonce, {}, Bytes(10));
        for (const std::size_t size : {0UL, 9UL, 11UL, 26UL}) {
            Bytes wrong(size);
            CHECK_FALSE(aead.open(nonce, {}, sealed, wrong));
        }
    }
}

TEST_CASE("sealing and opening may be done in place") {
    for (const Suite suite : kSuites) {
        Aead aead(suite, Key::random());
        const Bytes nonce = test::random_bytes(crypto::nonce_size(suite), 1);
        for (const std::size_t size : {0UL, 1UL, 15UL, 16UL, 17UL, 64UL, 100'000UL}) {
            CAPTURE(size);
            const Bytes plain = test::random_bytes(size, size);
            const Bytes apart = seal(aead, nonce, plain, plain);
            Bytes buffer = plain;
            buffer.resize(size + crypto::kTagSize);
            aead.seal(nonce, plain, BytesView(buffer).first(size), buffer);
            CHECK(buffer == apart);
            CHECK(aead.open(nonce, plain, buffer, std::span(buffer).first(size)));
            CHECK(util::equal(BytesView(buffer).first(size), plain));
        }
    }
}

TEST_CASE("a nonce or a buffer of a wrong size is a bug that stops the work") {
    for (const Suite suite : kSuites) {
        Aead aead(suite, Key::random());
        Bytes out(16);
        CHECK_THROWS(aead.seal(Bytes(crypto::nonce_size(suite) - 1), {}, {}, out));
        CHECK_THROWS(aead.seal(Bytes(crypto::nonce_size(suite) + 1), {}, {}, out));
        CHECK_THROWS(aead.seal(Bytes(crypto::nonce_size(suite)), {}, Bytes(1), out));
        CHECK_THROWS((void)aead.open({}, {}, Bytes(20), std::span(out).first(4)));
    }
}

TEST_CASE("an Aead can be moved") {
    Aead first(Suite::xchacha20, Key());
    const Bytes nonce(24);
    const Bytes sealed = seal(first, nonce, {}, Bytes(5));
    Aead second = std::move(first);
    CHECK(opens(second, nonce, {}, sealed));
    Aead third(Suite::aes256gcm, Key());
    third = std::move(second);
    CHECK(opens(third, nonce, {}, sealed));
}

TEST_CASE("suites are known by their numbers") {
    CHECK(*crypto::suite_of(1) == Suite::xchacha20);
    CHECK(*crypto::suite_of(2) == Suite::aes256gcm);
    for (const int number : {0, 3, 255}) {
        const auto suite = crypto::suite_of(static_cast<std::uint8_t>(number));
        REQUIRE_FALSE(suite);
        CHECK(suite.error().kind() == ErrorKind::unsupported);
        CHECK(suite.error().message().find(std::to_string(number)) != std::string::npos);
    }
}
