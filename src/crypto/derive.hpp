// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/hash.hpp"
#include "crypto/secret.hpp"
#include "util/bytes.hpp"

#include <array>

namespace saoluu::crypto {

/// What is compared before anything is decrypted: it ties a ciphertext to one key.
using Commitment = std::array<std::byte, 32>;

struct CommittedKey {
    Key key;
    Commitment commitment{};
};

/// K(k, x) as a key.
Key derive_key(const Key& from, const Tuple& context);
/// key || commitment = K64(k, x)
CommittedKey derive_committed(const Key& from, const Tuple& context);
/// The same where the tuple itself has a secret among its fields, and so lies in wiped memory of
/// the caller.
CommittedKey derive_committed(const Key& from, util::BytesView context);
/// key || commitment = H64(x): where the secret is a field of the tuple. `context` is wiped memory
/// of the caller.
CommittedKey derive_committed(util::BytesView context);
/// K64(k, x): 64 bytes that need not be secret memory.
std::array<std::byte, 64> keyed_hash64(const Key& key, util::BytesView bytes);

} // namespace saoluu::crypto
