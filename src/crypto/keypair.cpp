// SPDX-License-Identifier: Apache-2.0
#include "crypto/keypair.hpp"

#include "crypto/units.hpp"
#include "util/text.hpp"

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
