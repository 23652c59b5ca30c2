// SPDX-License-Identifier: Apache-2.0
#include "repo/keyring.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::repo {

using util::message;
using util::tr;

Keyring::Keyring(const format::RepositoryId& repository, crypto::SignPair sign,
                 crypto::SealPair seal)
    : repository_(repository), sign_(std::move(sign)), seal_(std::move(seal)),
      actor_(format::actor_id(repository, sign_.public_half(), seal_.public_half())) {}

void Keyring::adopt(format::Bundle bundle) {
    bundle_ = std::move(bundle);
    contents_.clear();
    domains_.clear();
    for (const format::ContentKey& content : bundle_.contents)
        contents_.emplace(content.epoch, crypto::SealPair(content.secret.copy()));
    for (const format::DomainSecret& domain : bundle_.domains)
        domains_.emplace(domain.domain, format::DomainKeys(domain, repository_));
}

Result<const format::EpochKey*> Keyring::epoch(format::Epoch number) const {
    const auto found = std::ranges::find(bundle_.epochs, number, &format::EpochKey::epoch);
    if (found == bundle_.epochs.end())
        return fail(ErrorKind::wrong_key, message(tr("this key has no part in epoch {}"), number));
    return &*found;
}

Result<const crypto::SealPair*> Keyring::content(format::Epoch number) const {
    const auto found = contents_.find(number);
    if (found == contents_.end())
        return fail(ErrorKind::wrong_key,
                    message(tr("this key may not read what was stored in epoch {}"), number));
    return &found->second;
}

const format::DomainKeys* Keyring::domain(format::Domain number) const {
    const auto found = domains_.find(number);
    return found == domains_.end() ? nullptr : &found->second;
}

} // namespace saoluu::repo
