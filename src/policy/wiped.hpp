// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <string>

namespace saoluu::policy {

/// A short-lived string made from a passphrase; overwritten when it goes. Reserve before filling.
template <class String>
struct Wiped {
    String value;

    Wiped() = default;
    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;
    ~Wiped() { ::explicit_bzero(value.data(), value.size() * sizeof(value[0])); }
};

} // namespace saoluu::policy
