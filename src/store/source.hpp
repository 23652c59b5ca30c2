// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/sha256.hpp"
#include "util/bytes.hpp"

#include "saoluu/result.hpp"

#include <cstdint>
#include <span>

namespace saoluu::store {

/// Bytes that can be read any number of times: what a put is made of that may be tried again.
/// Threads: const functions by many.
class Source {
public:
    virtual ~Source() = default;
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    /// Of all of them.
    [[nodiscard]] virtual crypto::Sha256 sha256() const = 0;
    /// Exactly out.size() bytes from `offset` on; offset + out.size() is within size().
    /// errors: io
    virtual Result<void> read(std::uint64_t offset, std::span<std::byte> out) const = 0;
};

/// Bytes in memory, which must outlive it.
class MemorySource final : public Source {
public:
    explicit MemorySource(util::BytesView bytes) : bytes_(bytes) {}
    [[nodiscard]] std::uint64_t size() const override { return bytes_.size(); }
    [[nodiscard]] crypto::Sha256 sha256() const override { return crypto::sha256(bytes_); }
    Result<void> read(std::uint64_t offset, std::span<std::byte> out) const override;

private:
    util::BytesView bytes_;
};

} // namespace saoluu::store
