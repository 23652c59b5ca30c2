// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/keypair.hpp"
#include "data/chunker.hpp"
#include "format/domain.hpp"
#include "format/sealed.hpp"
#include "format/types.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace saoluu::format {

/// actor id of FORMAT.md, section 5
ActorId actor_id(const RepositoryId& repository, const crypto::SignPublic& sign,
                 const crypto::SealPublic& seal);

enum class SlotKind : std::uint8_t { passphrase = 1, key_file = 2 };

/// Who an actor is, for people; sealed under W in the roster.
struct ActorNames {
    std::string holder;
    std::string unit;
    std::string domain; ///< name of the dedup domain; empty: the actor's own
};

struct ActorEntry {
    ActorId id; ///< not stored: derived
    crypto::SignPublic sign;
    crypto::SealPublic seal;
    std::uint8_t role = 0; ///< a Role; a roster with another number is refused
    Domain domain = 0;
    SlotId slot;
    SlotKind slot_kind = SlotKind::passphrase;
    Time issued = 0;
    std::optional<Time> expires;
    Bytes sealed_names; ///< whole sealed value with header
    Bytes bundle;       ///< as it lies in the roster

    [[nodiscard]] bool is(Role r) const { return role == static_cast<std::uint8_t>(r); }
    /// admin or recovery
    [[nodiscard]] bool may_administer() const { return is(Role::admin) || is(Role::recovery); }
    /// restore, admin or recovery: holds every content key
    [[nodiscard]] bool may_read() const { return is(Role::restore) || may_administer(); }
};

/// From when on a branch of an actor's chain does not count any more.
struct Revocation {
    ActorId actor;
    bool any_counts = false; ///< false: nothing that the actor did counts
    std::uint64_t last_n = 0;
    EntryHash last_hash;
};

struct Roster {
    std::uint64_t n = 0;
    std::optional<Time> made;
    RepositoryId repository;
    std::vector<std::string> read_features;
    std::vector<std::string> write_features;
    Suite suite = Suite::xchacha20;
    data::ChunkSizes chunks;
    Epoch epoch = 0;
    crypto::SealPublic content_public; ///< E of the epoch
    Hash epoch_secret_hash; ///< of the epoch's W: an actor who was given another one notices
    std::vector<ActorEntry> actors;  ///< ascending by id
    std::vector<Revocation> revoked; ///< ascending by actor and last_hash
    std::vector<RosterHash> rivals;  ///< ascending

    [[nodiscard]] const ActorEntry* find(const ActorId& actor) const;
    /// The actor's first revocation, or null: whether he is revoked at all.
    [[nodiscard]] const Revocation* revocation(const ActorId& actor) const;
    /// All of them: one for each branch of his chain that counts so far.
    [[nodiscard]] std::span<const Revocation> revocations(const ActorId& actor) const;
};

struct RosterObject {
    Roster roster;
    ActorId signer;
    RosterHash previous; ///< zero for n = 0
    RosterHash hash;     ///< of the object

    /// The object's bytes, signed; its name is names::roster(n, name_of<RosterHash>(bytes)).
    static Bytes encode(const Roster& roster, const RosterHash& previous, const ActorId& signer,
                        const crypto::SignPair& signer_pair);
    /// Layout only; the signature is for is_signed_by, because the signer stands in the roster
    /// before. errors: corrupt; unsupported
    static Result<RosterObject> decode(BytesView object);
    static bool is_signed_by(BytesView object, const RosterObject& decoded,
                             const crypto::SignPublic& signer);
};

/// What a roster says of its epoch's W (FORMAT.md 6.2).
Hash hash_of_secret(const RepositoryId& repository, const EpochKey& epoch);

/// Features that this version does not know among `features` (it knows none yet).
std::vector<std::string> unknown_features(const std::vector<std::string>& features);

Bytes seal_names(const SealContext& context, const ActorNames& names);
Result<ActorNames> open_names(const RepositoryId& repository, const EpochKey& epoch,
                              const ActorId& actor, BytesView sealed);
/// The epoch under which names were sealed, to find its W.
Result<Epoch> epoch_of_names(BytesView sealed);

/// The content pair of one epoch: who has it may read what was stored in that epoch.
struct ContentKey {
    Epoch epoch = 0;
    crypto::Key secret; ///< e
};

/// What an actor's bundle carries (FORMAT.md 6.5).
struct Bundle {
    std::vector<EpochKey> epochs;
    std::vector<DomainSecret> domains;
    std::vector<ContentKey> contents;
};

Bytes seal_bundle(const RepositoryId& repository, Suite suite, Epoch epoch, const ActorId& actor,
                  const crypto::SealPublic& holder, const Bundle& bundle);
/// The same with the fresh pair given: for the vectors alone.
Bytes seal_bundle_with(const RepositoryId& repository, Suite suite, Epoch epoch,
                       const ActorId& actor, const crypto::SealPublic& holder, const Bundle& bundle,
                       const crypto::SealPair& fresh);
/// errors: wrong_key if it is not sealed to this pair; corrupt
Result<Bundle> open_bundle(const RepositoryId& repository, const ActorId& actor,
                           const crypto::SealPair& holder, BytesView sealed);

} // namespace saoluu::format
