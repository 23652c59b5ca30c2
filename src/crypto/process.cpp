// SPDX-License-Identifier: Apache-2.0
#include "saoluu/process.hpp"

#include "crypto/secret.hpp"

namespace saoluu {

Result<void> prepare_process() {
    crypto::forbid_core_dumps();
    return crypto::start();
}

} // namespace saoluu
