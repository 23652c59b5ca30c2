// SPDX-License-Identifier: Apache-2.0
#include "crypto/aead.hpp"

#include "crypto/units.hpp"
#include "util/text.hpp"

#include <climits>
#include <cstring>
#include <new>
#include <stdexcept>

#include <openssl/evp.h>
#include <sodium.h>

namespace saoluu::crypto {
namespace {

/// libcrypto refuses only misuse and lack of memory here; to go on would write plain text.
void demand(int outcome) {
    if (outcome != 1)
        throw std::runtime_error("libcrypto refused to encrypt");
}

int length_of(util::BytesView bytes) {
    if (bytes.size() > INT_MAX)
        throw std::length_error("a sealed value is over 2 GiB");
    return static_cast<int>(bytes.size());
}

} // namespace

Result<Suite> suite_of(std::uint8_t number) {
    if (number == 1 || number == 2)
        return static_cast<Suite>(number);
    return fail(
        ErrorKind::unsupported,
        util::message(util::tr("cipher suite {} is not known to this version of saoluu"), number));
}

struct Aead::Impl {
    struct Free {
        void operator()(EVP_CIPHER_CTX* freed) const { ::EVP_CIPHER_CTX_free(freed); }
    };

    Suite suite;
    Key key;
    Key subkey;
    std::unique_ptr<EVP_CIPHER_CTX, Free> context{::EVP_CIPHER_CTX_new()};

    Impl(Suite which, const Key& from) : suite(which), key(from.copy()) {
        if (!context)
            throw std::bad_alloc();
        demand(::EVP_CipherInit_ex(context.get(),
                                   suite == Suite::xchacha20 ? ::EVP_chacha20_poly1305()
                                                             : ::EVP_aes_256_gcm(),
                                   nullptr, units(key.view()), nullptr, 1));
    }

    /// Sets the key stream's start and reads the associated data.
    void begin(util::BytesView nonce, util::BytesView ad, int encrypt) {
        if (nonce.size() != nonce_size(suite))
            throw std::length_error("nonce of a wrong size");
        if (suite == Suite::xchacha20) {
            ::crypto_core_hchacha20(out_units(subkey.writable()), units(nonce), units(key.view()),
                                    nullptr);
            std::array<std::byte, 12> short_nonce{};
            std::memcpy(short_nonce.data() + 4, nonce.data() + 16, 8);
            demand(::EVP_CipherInit_ex(context.get(), nullptr, nullptr, units(subkey.view()),
                                       units(util::BytesView(short_nonce)), encrypt));
        } else {
            demand(::EVP_CipherInit_ex(context.get(), nullptr, nullptr, nullptr, units(nonce),
                                       encrypt));
        }
        int done = 0;
        if (!ad.empty())
            demand(::EVP_CipherUpdate(context.get(), nullptr, &done, units(ad), length_of(ad)));
    }
};

Aead::Aead(Suite suite, const Key& key) : impl_(std::make_unique<Impl>(suite, key)) {}
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;
Aead::~Aead() = default;

void Aead::seal(util::BytesView nonce, util::BytesView ad, util::BytesView plain,
                std::span<std::byte> out) {
    if (out.size() != plain.size() + kTagSize)
        throw std::length_error("sealed value of a wrong size");
    impl_->begin(nonce, ad, 1);
    int done = 0;
    if (!plain.empty())
        demand(::EVP_CipherUpdate(impl_->context.get(), out_units(out), &done, units(plain),
                                  length_of(plain)));
    std::array<unsigned char, 16> nothing{};
    demand(::EVP_CipherFinal_ex(impl_->context.get(), nothing.data(), &done));
    demand(::EVP_CIPHER_CTX_ctrl(impl_->context.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize,
                                 out.data() + plain.size()));
}

bool Aead::open(util::BytesView nonce, util::BytesView ad, util::BytesView sealed,
                std::span<std::byte> out) {
    if (sealed.size() < kTagSize || out.size() != sealed.size() - kTagSize)
        return false;
    std::array<std::byte, kTagSize> tag{};
    std::memcpy(tag.data(), sealed.data() + out.size(), kTagSize);
    impl_->begin(nonce, ad, 0);
    int done = 0;
    if (!out.empty())
        demand(::EVP_CipherUpdate(impl_->context.get(), out_units(out), &done, units(sealed),
                                  length_of(sealed.first(out.size()))));
    demand(
        ::EVP_CIPHER_CTX_ctrl(impl_->context.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()));
    std::array<unsigned char, 16> nothing{};
    if (::EVP_CipherFinal_ex(impl_->context.get(), nothing.data(), &done) == 1)
        return true;
    wipe(out);
    return false;
}

} // namespace saoluu::crypto
