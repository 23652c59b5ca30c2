// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/secret.hpp"
#include "util/bytes.hpp"

#include "saoluu/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace saoluu::crypto {

/// The cipher suites of the format (FORMAT.md, section 2).
enum class Suite : std::uint8_t { xchacha20 = 1, aes256gcm = 2 };

/// The suite of a number, or "unsupported".
Result<Suite> suite_of(std::uint8_t number);

inline constexpr std::size_t kTagSize = 16;
inline std::size_t nonce_size(Suite suite) {
    return suite == Suite::xchacha20 ? 24 : 12;
}

/// Authenticated encryption with one key. Not for use by two threads at once.
///
/// XChaCha20-Poly1305 is HChaCha20 of the first 16 nonce bytes, then ChaCha20-Poly1305 of RFC 8439
/// (draft-irtf-cfrg-xchacha, 2.3): libsodium does the first step, libcrypto the second, which is
/// several times as fast as libsodium 1.0.18's. The tests hold both against libsodium's whole
/// construction.
class Aead {
public:
    Aead(Suite suite, const Key& key);
    Aead(Aead&&) noexcept;
    Aead& operator=(Aead&&) noexcept;
    ~Aead();

    /// out: plain.size() + kTagSize bytes, ciphertext then tag; may begin where `plain` does
    void seal(util::BytesView nonce, util::BytesView ad, util::BytesView plain,
              std::span<std::byte> out);
    /// out: sealed.size() - kTagSize bytes; may begin where `sealed` does. False: not authentic,
    /// and `out` is wiped.
    [[nodiscard]] bool open(util::BytesView nonce, util::BytesView ad, util::BytesView sealed,
                            std::span<std::byte> out);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace saoluu::crypto
