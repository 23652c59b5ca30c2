// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/secret.hpp"
#include "util/bytes.hpp"

#include "saoluu/result.hpp"

namespace saoluu::crypto {

using SignPublic = util::Id<struct SignPublicTag, 32>;
using SealPublic = util::Id<struct SealPublicTag, 32>;
using Signature = util::Id<struct SignatureTag, 64>;

/// An actor pair: signs (Ed25519, RFC 8032).
class SignPair {
public:
    static SignPair generate() { return SignPair(Key::random()); }
    explicit SignPair(Key seed);

    [[nodiscard]] const SignPublic& public_half() const { return public_; }
    [[nodiscard]] const Key& seed() const { return seed_; }
    [[nodiscard]] Signature sign(util::BytesView message) const;
    [[nodiscard]] SignPair copy() const { return SignPair(seed_.copy()); }

private:
    Key seed_;
    Secret<64> expanded_;
    SignPublic public_;
};

bool verify(const SignPublic& signer, util::BytesView message, const Signature& signature);

/// Whether X25519 with this public half gives more than zero: not so for the few points of small
/// order, which only somebody hostile would hand out.
bool is_usable(const SealPublic& half);

/// A holder pair: receives (X25519, RFC 7748).
class SealPair {
public:
    static SealPair generate() { return SealPair(Key::random()); }
    explicit SealPair(Key secret);

    [[nodiscard]] const SealPublic& public_half() const { return public_; }
    [[nodiscard]] const Key& secret() const { return secret_; }
    /// X25519(own secret, other's public half).
    /// errors: corrupt where the result is all zero (a public half of small order)
    [[nodiscard]] Result<Key> shared_with(const SealPublic& other) const;
    [[nodiscard]] SealPair copy() const { return SealPair(secret_.copy()); }

private:
    Key secret_;
    SealPublic public_;
};

} // namespace saoluu::crypto
