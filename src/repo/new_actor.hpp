// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/passphrase.hpp"
#include "format/roster.hpp"
#include "repo/access.hpp"

#include <string>
#include <variant>

namespace saoluu::repo {

/// A person's new key, before it is in a roster.
struct NewActor {
    crypto::SignPair sign = crypto::SignPair::generate();
    crypto::SealPair seal = crypto::SealPair::generate();
    format::SlotId slot = crypto::random_id<format::SlotId>();
};

struct ActorFacts {
    format::Role role = format::Role::backup;
    format::Domain domain = 0;
    format::SlotKind slot_kind = format::SlotKind::passphrase;
    format::Time issued = 0;
    std::optional<format::Time> expires;
    format::ActorNames names;
};

/// The actor's entry, names sealed, still without a bundle.
format::ActorEntry entry_of(const format::RepositoryId& repository, const NewActor& actor,
                            const ActorFacts& facts, const format::EpochKey& epoch,
                            format::Suite suite);

/// What the role's bundle carries, of all that there is (FORMAT.md 6.5).
format::Bundle bundle_for(const format::ActorEntry& actor, const format::Bundle& all);

/// The slot object of a passphrase.
/// errors: as format::Slot::seal
Result<util::Bytes> seal_slot(const format::RepositoryId& repository, const NewActor& actor,
                              format::Suite suite, const crypto::PassphraseCost& cost,
                              const Passphrase& passphrase);
/// Puts a slot and its second copy.
Result<void> put_slot(store::Store& store, const format::SlotId& slot, util::BytesView object);

/// errors: exists
Result<void> create_key_file(const std::string& path, const format::RepositoryId& repository,
                             const NewActor& actor);

/// errors: usage, naming what is accepted
Result<crypto::PassphraseCost> passphrase_cost(std::uint32_t mib, std::uint32_t passes);

} // namespace saoluu::repo
