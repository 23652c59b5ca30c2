// SPDX-License-Identifier: Apache-2.0
#include "saoluu/secret_text.hpp"

#include "crypto/secret.hpp"
#include "util/bytes.hpp"

#include <span>

namespace saoluu {

struct SecretText::Impl {
    crypto::SecretBytes text;
};

SecretText SecretText::copy_of(std::string_view text) {
    SecretText secret;
    if (!text.empty())
        secret.impl_ =
            std::make_shared<const Impl>(Impl{crypto::SecretBytes::copy_of(util::as_bytes(text))});
    return secret;
}

std::string_view SecretText::reveal() const {
    return impl_ ? util::as_text(impl_->text.view()) : std::string_view();
}

void wipe(std::string& text) {
    crypto::wipe(std::as_writable_bytes(std::span(text)));
    text.clear();
}

} // namespace saoluu
