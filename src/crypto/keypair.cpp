// SPDX-License-Identifier: Apache-2.0
#include "crypto/keypair.hpp"

#include "crypto/units.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <sodium.h>

namespace saoluu::crypto {
SignPair::SignPair(Key seed) : seed_(std::move(seed)) {
    ::crypto_sign_seed_keypair(out_units(public_.bytes), out_units(expanded_.writable()),
                               units(seed_.view()));
}

Signature SignPair::sign(util::BytesView message) const {
    Signature signature;
    ::crypto_sign_detached(out_units(signature.bytes), nullptr, units(message), message.size(),
                           units(expanded_.view()));
    return signature;
}

bool verify(const SignPublic& signer, util::BytesView message, const Signature& signature) {
    return ::crypto_sign_verify_detached(units(signature.view()), units(message), message.size(),
                                         units(signer.view())) == 0;
}

bool is_usable(const SealPublic& half) {
    // Every x-coordinate of order 1, 2, 4 or 8, and its form past the prime (RFC 7748, 6.1; the
    // same list as in libsodium).
    static constexpr std::array<std::string_view, 7> small_order = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    SealPublic masked = half;
    masked.bytes[31] &= std::byte{0x7f}; // X25519 ignores the highest bit
    return std::find(small_order.begin(), small_order.end(), masked.hex()) == small_order.end();
}

SealPair::SealPair(Key secret) : secret_(std::move(secret)) {
    ::crypto_scalarmult_base(out_units(public_.bytes), units(secret_.view()));
}

Result<Key> SealPair::shared_with(const SealPublic& other) const {
    Key shared;
    if (::crypto_scalarmult(out_units(shared.writable()), units(secret_.view()),
                            units(other.view())) != 0)
        return fail(ErrorKind::corrupt,
                    util::tr("a public key is not usable (all-zero shared secret)"));
    return shared;
}

} // namespace saoluu::crypto
