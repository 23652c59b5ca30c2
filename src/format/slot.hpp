// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/keypair.hpp"
#include "crypto/passphrase.hpp"
#include "format/types.hpp"

namespace saoluu::format {

/// What a slot keeps: one actor's secret halves, and the repository that they are for.
struct SlotSecrets {
    RepositoryId repository;
    crypto::Key sign_seed;
    crypto::Key seal_secret;
};

/// `keys/<slot>` (FORMAT.md 5.1). The passphrase is UTF-8 in NFC.
struct Slot {
    static constexpr std::size_t kSize = 236;

    /// errors: as key_of_passphrase
    static Result<Bytes> seal(const SlotId& id, Suite suite, const crypto::PassphraseSalt& salt,
                              const crypto::PassphraseCost& cost,
                              const crypto::SecretBytes& passphrase, const SlotSecrets& secrets);
    /// errors: wrong_key; corrupt if the object is damaged; unsupported; no_memory
    static Result<SlotSecrets> open(BytesView object, const crypto::SecretBytes& passphrase);
    /// The id that the object says it has; checks layout and self-check only.
    static Result<SlotId> id_of(BytesView object);
};

} // namespace saoluu::format
