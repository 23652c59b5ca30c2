// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/bytes.hpp"

#include "saoluu/result.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace saoluu::crypto {

/// Starts the cryptographic libraries, once; safe to call again.
/// errors: failure if the library can't start, unsupported if its version is too old
Result<void> start();

/// Keeps secrets out of core dumps and away from debuggers of other users: called once by main.
void forbid_core_dumps();

/// Random bytes from the system's generator.
void random_bytes(std::span<std::byte> out);
template <class IdType>
IdType random_id() {
    IdType id;
    random_bytes(id.bytes);
    return id;
}

/// Equal, in a time that does not depend on where they differ; false where sizes differ.
bool equal_constant_time(util::BytesView a, util::BytesView b);

/// Overwrites memory in a way that the compiler keeps.
void wipe(std::span<std::byte> memory);

/// Secret bytes of any length: locked memory between guard pages, wiped when they go.
/// Not copyable, not printable.
class SecretBytes {
public:
    /// errors: none; ends the program where no page can be had
    explicit SecretBytes(std::size_t size);
    static SecretBytes copy_of(util::BytesView bytes);

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] util::BytesView view() const { return {memory_.get(), size_}; }
    [[nodiscard]] std::span<std::byte> writable() { return {memory_.get(), size_}; }
    [[nodiscard]] SecretBytes copy() const { return copy_of(view()); }

private:
    struct Release {
        void operator()(std::byte* memory) const;
    };
    std::unique_ptr<std::byte[], Release> memory_;
    std::size_t size_;
};

/// N secret bytes; kept as SecretBytes are.
template <std::size_t N>
class Secret {
public:
    Secret() : bytes_(N) {}
    /// `from` must have N bytes.
    static Secret copy_of(util::BytesView from) {
        Secret secret;
        std::memcpy(secret.writable().data(), from.data(), N);
        return secret;
    }
    static Secret random() {
        Secret secret;
        random_bytes(secret.writable());
        return secret;
    }

    [[nodiscard]] util::BytesView view() const { return bytes_.view(); }
    [[nodiscard]] std::span<std::byte> writable() { return bytes_.writable(); }
    [[nodiscard]] Secret copy() const { return copy_of(view()); }

private:
    SecretBytes bytes_;
};

using Key = Secret<32>;

} // namespace saoluu::crypto
