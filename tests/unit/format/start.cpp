// SPDX-License-Identifier: Apache-2.0
#include "crypto/secret.hpp"

namespace {

/// The library of ciphers is started before main(), as every program of ours starts it first.
const bool kStarted = saoluu::crypto::start().has_value();

} // namespace
