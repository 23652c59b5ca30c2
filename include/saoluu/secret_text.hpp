// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace saoluu {

/// A secret word, such as the key of an account, in locked memory; wiped with its last copy. Not
/// printable.
class SecretText {
public:
    /// An empty one: there is no secret.
    SecretText() = default;
    static SecretText copy_of(std::string_view text);

    [[nodiscard]] bool empty() const { return !impl_; }
    [[nodiscard]] std::string_view reveal() const;

private:
    struct Impl;
    std::shared_ptr<const Impl> impl_; ///< copies share it: a value that many requests use
};

/// Overwrites a text that held a secret, in a way that the compiler keeps.
void wipe(std::string& text);

} // namespace saoluu
