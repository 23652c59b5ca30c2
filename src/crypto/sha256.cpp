// SPDX-License-Identifier: Apache-2.0
#include "crypto/sha256.hpp"

#include "crypto/units.hpp"

#include <climits>
#include <new>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace saoluu::crypto {
namespace {

/// libcrypto refuses only lack of memory here.
void demand(int outcome) {
    if (outcome != 1)
        throw std::runtime_error("libcrypto refused to hash");
}

} // namespace

struct Sha256Hasher::Impl {
    struct Free {
        void operator()(EVP_MD_CTX* freed) const { ::EVP_MD_CTX_free(freed); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context{::EVP_MD_CTX_new()};
};

Sha256Hasher::Sha256Hasher() : impl_(std::make_unique<Impl>()) {
    if (!impl_->context)
        throw std::bad_alloc();
    demand(::EVP_DigestInit_ex(impl_->context.get(), ::EVP_sha256(), nullptr));
}
Sha256Hasher::Sha256Hasher(Sha256Hasher&&) noexcept = default;
Sha256Hasher& Sha256Hasher::operator=(Sha256Hasher&&) noexcept = default;
Sha256Hasher::~Sha256Hasher() = default;

Sha256Hasher& Sha256Hasher::update(util::BytesView bytes) {
    demand(::EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size()));
    return *this;
}

Sha256 Sha256Hasher::finish() {
    Sha256 digest{};
    unsigned size = 0;
    demand(::EVP_DigestFinal_ex(impl_->context.get(), out_units(digest), &size));
    return digest;
}

Sha256 sha256(util::BytesView bytes) {
    return Sha256Hasher().update(bytes).finish();
}

Sha256 hmac_sha256(util::BytesView key, util::BytesView bytes) {
    if (key.size() > INT_MAX)
        throw std::length_error("a key is over 2 GiB");
    Sha256 code{};
    unsigned size = 0;
    if (::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()), units(bytes), bytes.size(),
               out_units(code), &size) == nullptr)
        throw std::runtime_error("libcrypto refused to hash");
    return code;
}

} // namespace saoluu::crypto
