// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret.hpp"

#include "util/assert.hpp"
#include "util/text.hpp"

#include <cstring>
#include <new>

#include <sys/prctl.h>
#include <sys/resource.h>

#include <sodium.h>

namespace saoluu::crypto {

Result<void> start() {
    if (::sodium_init() < 0)
        return fail(ErrorKind::failure, util::tr("the cryptographic library did not start"));
    return {};
}

void forbid_core_dumps() {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0);
}

void random_bytes(std::span<std::byte> out) {
    ::randombytes_buf(out.data(), out.size());
}

bool equal_constant_time(util::BytesView a, util::BytesView b) {
    return a.size() == b.size() && ::sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::span<std::byte> memory) {
    ::sodium_memzero(memory.data(), memory.size());
}

void SecretBytes::Release::operator()(std::byte* memory) const {
    ::sodium_free(memory);
}

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
    // libsodium ends the program where its memory is asked for before it was started.
    static const bool is_started = start().has_value();
    ASSERT(is_started);
    memory_.reset(static_cast<std::byte*>(::sodium_malloc(size)));
    if (!memory_)
        throw std::bad_alloc();
    std::memset(memory_.get(), 0, size);
}

SecretBytes SecretBytes::copy_of(util::BytesView bytes) {
    SecretBytes secret(bytes.size());
    if (!bytes.empty())
        std::memcpy(secret.memory_.get(), bytes.data(), bytes.size());
    return secret;
}

} // namespace saoluu::crypto
