// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash.hpp"

#include "crypto/units.hpp"

#include <sodium.h>

namespace saoluu::crypto {
namespace {
crypto_generichash_state* as_state(std::byte* memory) {
    return reinterpret_cast<crypto_generichash_state*>(memory);
}
} // namespace

static_assert(sizeof(crypto_generichash_state) <= 384 && alignof(crypto_generichash_state) <= 64);

Hasher::Hasher() {
    ::crypto_generichash_init(as_state(state_), nullptr, 0, Hash::size);
}

Hasher::Hasher(const Key& key) {
    ::crypto_generichash_init(as_state(state_), units(key.view()), key.view().size(), Hash::size);
}

Hasher& Hasher::update(util::BytesView bytes) {
    ::crypto_generichash_update(as_state(state_), units(bytes), bytes.size());
    return *this;
}

Hash Hasher::finish() {
    Hash result;
    ::crypto_generichash_final(as_state(state_), out_units(result.bytes), Hash::size);
    wipe(state_);
    return result;
}

Hash hash(util::BytesView bytes) {
    Hash result;
    ::crypto_generichash(out_units(result.bytes), Hash::size, units(bytes), bytes.size(), nullptr,
                         0);
    return result;
}

Hash keyed_hash(const Key& key, util::BytesView bytes) {
    Hash result;
    ::crypto_generichash(out_units(result.bytes), Hash::size, units(bytes), bytes.size(),
                         units(key.view()), key.view().size());
    return result;
}

} // namespace saoluu::crypto
