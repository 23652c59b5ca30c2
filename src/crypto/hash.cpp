// SPDX-License-Identifier: Apache-2.0
#include "crypto/hash.hpp"

#include "crypto/units.hpp"

#include <array>
#include <stdexcept>
#include <vector>

#include <sodium.h>

namespace saoluu::crypto {

Hasher::Hasher() = default;
Hasher::Hasher(const Key& key) : stream_(key.view()) {}

Hasher& Hasher::update(util::BytesView bytes) {
    stream_.update(bytes);
    return *this;
}

Hash Hasher::finish() {
    const Hash result{stream_.finish()};
    wipe(std::as_writable_bytes(std::span(&stream_, 1))); // it may hold a key's block
    return result;
}

void Hasher::update_all(std::span<const Job> jobs) {
    std::vector<Blake2b::Job> streams;
    streams.reserve(jobs.size());
    for (const Job& job : jobs)
        streams.push_back({.stream = &job.hasher->stream_, .bytes = job.bytes});
    Blake2b::update_all(streams);
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

std::uint64_t short_hash(util::BytesView key, util::BytesView bytes) {
    if (key.size() != crypto_shorthash_siphash24_KEYBYTES)
        throw std::length_error("key of a wrong size");
    std::array<std::byte, crypto_shorthash_siphash24_BYTES> out{};
    ::crypto_shorthash_siphash24(out_units(out), units(bytes), bytes.size(), units(key));
    return util::load_le<std::uint64_t>(out.data());
}

} // namespace saoluu::crypto
