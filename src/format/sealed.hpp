// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/derive.hpp"
#include "crypto/keypair.hpp"
#include "format/types.hpp"

namespace saoluu::format {

/// The secret W of one epoch: what may see names of objects, times and sizes, but no content.
struct EpochKey {
    Epoch epoch = 0;
    crypto::Key secret;
};

/// subkey(W, use) of FORMAT.md 7.1.
crypto::Key subkey(const EpochKey& epoch, Suite suite, std::string_view use,
                   const RepositoryId& repository);

/// What a sealed value is about, and under which key (FORMAT.md 7.2).
struct SealContext {
    const RepositoryId& repository;
    const EpochKey& epoch;
    Header header; ///< kind, suite, epoch
    BytesView subject;
};

/// salt 32 · commitment 32 · AEAD: what sealing adds to the plain text
inline constexpr std::size_t kSealedOverhead = 32 + 32 + crypto::kTagSize;

/// A salt for a new value: the hash of random bytes and of what is to be sealed, so that a machine
/// that was set back, and repeats its random numbers, still takes another salt for other contents.
Hash fresh_salt(BytesView what);
/// The salt of a sealed value without its header, or nothing's if it is too short.
Hash salt_of_value(BytesView sealed);
/// The same of a whole object.
Hash salt_of_object(BytesView object);

/// The sealed value without its header (as directories and trailers lie in packs).
Bytes seal_value(const SealContext& context, BytesView plain);
/// The same with the salt given: for the vectors alone, a salt is never used twice.
Bytes seal_value_with_salt(const SealContext& context, BytesView plain, const Hash& salt);
/// errors: corrupt (cut, changed, or of another place); wrong_key where the commitment says so
Result<Bytes> open_value(const SealContext& context, BytesView sealed);

enum class SelfCheck { no, yes };

/// A whole object: header, sealed value and, where its name is not its hash, the self-check.
Bytes seal_object(const SealContext& context, BytesView plain, SelfCheck check);
/// The same with the salt given: for the vectors alone.
Bytes seal_object_with_salt(const SealContext& context, BytesView plain, SelfCheck check,
                            const Hash& salt);
/// `object`'s header must be `context.header` already (see Header::decode).
Result<Bytes> open_object(const SealContext& context, BytesView object, SelfCheck check);

/// Who signed, by which roster, and what (FORMAT.md 6.1).
struct Signed {
    ActorId signer;
    RosterHash roster; ///< for a roster itself: the one before
    Bytes rest;
};

/// What a signature is about.
struct SignContext {
    const RepositoryId& repository;
    Header header; ///< of the object: kind, suite and epoch are signed too
    BytesView subject;
    /// Of the sealed value that the body lies in; empty for a roster, which is not sealed. Because
    /// it is signed as well, nobody else who has W can seal the same signed words a second time.
    BytesView salt{};
};

Bytes encode_signed(const SignContext& context, const Signed& body, const crypto::SignPair& signer);

/// A signed body taken apart; not verified yet, because the signer's public half comes from a
/// roster.
struct SignedView {
    ActorId signer;
    RosterHash roster;
    BytesView rest;    ///< into the bytes decoded
    BytesView signed_; ///< signer · roster · rest
    crypto::Signature signature;

    static Result<SignedView> decode(BytesView body);
    [[nodiscard]] bool is_signed_by(const SignContext& context,
                                    const crypto::SignPublic& signer_public) const;
};

} // namespace saoluu::format
