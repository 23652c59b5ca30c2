// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/secret.hpp"
#include "util/bytes.hpp"

#include "saoluu/result.hpp"

#include <array>
#include <cstdint>

namespace saoluu::crypto {

/// How much a guess of a passphrase costs (Argon2id13, one lane).
struct PassphraseCost {
    std::uint32_t memory_kib = 256 * 1024;
    std::uint32_t passes = 3;

    static constexpr std::uint32_t kLeastMemoryKib = 64 * 1024;
    static constexpr std::uint32_t kMostMemoryKib = 1024 * 1024;
    static constexpr std::uint32_t kMostPasses = 16;
    [[nodiscard]] bool is_accepted() const {
        return memory_kib >= kLeastMemoryKib && memory_kib <= kMostMemoryKib && passes >= 1 &&
               passes <= kMostPasses;
    }
};

using PassphraseSalt = std::array<std::byte, 16>;

/// The key of a passphrase. `passphrase` is UTF-8 in NFC.
/// errors: unsupported if the cost is outside what is accepted; no_memory, which says how much it
/// needs
Result<Key> key_of_passphrase(const SecretBytes& passphrase, const PassphraseSalt& salt,
                              const PassphraseCost& cost);

} // namespace saoluu::crypto
