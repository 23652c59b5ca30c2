// SPDX-License-Identifier: Apache-2.0
#include "crypto/derive.hpp"

#include "crypto/units.hpp"

#include <cstring>

#include <sodium.h>

namespace saoluu::crypto {
namespace {

/// BLAKE2b with `out.size()` bytes of result; an empty key is no key.
void blake2b(std::span<std::byte> out, util::BytesView key, util::BytesView in) {
    ::crypto_generichash(out_units(out), out.size(), units(in), in.size(),
                         key.empty() ? nullptr : units(key), key.size());
}

CommittedKey committed(util::BytesView key, util::BytesView context) {
    Secret<64> both;
    blake2b(both.writable(), key, context);
    CommittedKey result{.key = Key::copy_of(both.view().first(32))};
    std::memcpy(result.commitment.data(), both.view().data() + 32, 32);
    return result;
}

} // namespace

Key derive_key(const Key& from, const Tuple& context) {
    Key key;
    blake2b(key.writable(), from.view(), context.view());
    return key;
}

CommittedKey derive_committed(const Key& from, const Tuple& context) {
    return committed(from.view(), context.view());
}

CommittedKey derive_committed(const Key& from, util::BytesView context) {
    return committed(from.view(), context);
}

CommittedKey derive_committed(util::BytesView context) {
    return committed({}, context);
}

std::array<std::byte, 64> keyed_hash64(const Key& key, util::BytesView bytes) {
    std::array<std::byte, 64> out{};
    blake2b(out, key.view(), bytes);
    return out;
}

} // namespace saoluu::crypto
