// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/blake2b.hpp"
#include "crypto/secret.hpp"
#include "util/bytes.hpp"
#include "util/wire.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace saoluu::crypto {

/// BLAKE2b-256 of something (RFC 7693).
using Hash = util::Id<struct HashTag, 32>;

/// BLAKE2b-256 of bytes that come in parts.
class Hasher {
public:
    Hasher();
    explicit Hasher(const Key& key);
    Hasher& update(util::BytesView bytes);
    /// The hash of what came so far; it can go on.
    [[nodiscard]] Hash so_far() const { return Hasher(*this).finish(); }
    /// Ends it; update no more.
    Hash finish();

    /// What comes next for one of several.
    struct Job {
        Hasher* hasher;
        util::BytesView bytes;
    };
    /// Updates many, of which none is named twice: much faster than one after the other.
    static void update_all(std::span<const Job> jobs);

private:
    Blake2b stream_;
};

/// H(x) of FORMAT.md.
Hash hash(util::BytesView bytes);
/// K(k, x) of FORMAT.md.
Hash keyed_hash(const Key& key, util::BytesView bytes);

/// SipHash-2-4: shows that a few bytes are those that were written, where nobody means to deceive.
/// Several times as fast as hash() on less than a hundred. key: 16 bytes
std::uint64_t short_hash(util::BytesView key, util::BytesView bytes);

/// T(label, a, b, …) of FORMAT.md: what is hashed, derived from or signed. No two different lists
/// of fields give the same bytes.
class Tuple {
public:
    explicit Tuple(std::string_view label) { out_.text(label); }
    Tuple& add(util::BytesView field) {
        out_.bytes(field);
        return *this;
    }
    Tuple& add_u8(std::uint8_t field) { return add(util::Writer().u8(field).view()); }
    Tuple& add_u32(std::uint32_t field) { return add(util::Writer().u32(field).view()); }
    [[nodiscard]] util::BytesView view() const { return out_.view(); }

private:
    util::Writer out_;
};

} // namespace saoluu::crypto
