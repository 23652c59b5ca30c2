// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/bytes.hpp"

#include <array>
#include <memory>

namespace saoluu::crypto {

/// SHA-256 of something (FIPS 180-4): what S3 signs; nothing of ours is named or protected by it.
using Sha256 = std::array<std::byte, 32>;

Sha256 sha256(util::BytesView bytes);
/// HMAC-SHA256 (RFC 2104).
Sha256 hmac_sha256(util::BytesView key, util::BytesView bytes);

/// SHA-256 of bytes that come in parts.
class Sha256Hasher {
public:
    Sha256Hasher();
    Sha256Hasher(Sha256Hasher&&) noexcept;
    Sha256Hasher& operator=(Sha256Hasher&&) noexcept;
    ~Sha256Hasher();
    Sha256Hasher& update(util::BytesView bytes);
    /// Ends it; update no more.
    Sha256 finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace saoluu::crypto
