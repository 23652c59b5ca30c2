// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/keypair.hpp"
#include "format/domain.hpp"
#include "format/roster.hpp"
#include "format/sealed.hpp"

#include "saoluu/result.hpp"

#include <map>
#include <memory>

namespace saoluu::repo {

/// The secrets that one actor's key opens.
class Keyring {
public:
    Keyring(const format::RepositoryId& repository, crypto::SignPair sign, crypto::SealPair seal);

    [[nodiscard]] const format::ActorId& actor() const { return actor_; }
    [[nodiscard]] const crypto::SignPair& sign_pair() const { return sign_; }
    [[nodiscard]] const crypto::SealPair& seal_pair() const { return seal_; }

    /// Takes over what the actor's bundle carries.
    void adopt(format::Bundle bundle);
    [[nodiscard]] const format::Bundle& bundle() const { return bundle_; }

    /// W of an epoch.
    /// errors: wrong_key where this key has no part in that epoch
    [[nodiscard]] Result<const format::EpochKey*> epoch(format::Epoch number) const;
    /// (e, E) of an epoch.
    /// errors: wrong_key where this key may not read
    [[nodiscard]] Result<const crypto::SealPair*> content(format::Epoch number) const;
    /// Keys of a dedup domain; null if this key has no part in it.
    [[nodiscard]] const format::DomainKeys* domain(format::Domain number) const;
    [[nodiscard]] bool may_read() const { return !contents_.empty(); }

private:
    format::RepositoryId repository_;
    crypto::SignPair sign_;
    crypto::SealPair seal_;
    format::ActorId actor_;
    format::Bundle bundle_;
    std::map<format::Epoch, crypto::SealPair> contents_;
    std::map<format::Domain, format::DomainKeys> domains_;
};

} // namespace saoluu::repo
