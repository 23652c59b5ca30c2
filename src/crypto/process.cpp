// SPDX-License-Identifier: Apache-2.0
#include "saoluu/process.hpp"

#include "crypto/secret.hpp"

#include <sys/resource.h>

namespace saoluu {
namespace {

/// A walk keeps the folders that it is in open, and a deep tree has more of them than the usual
/// 1,024.
void allow_many_open_files() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

} // namespace

Result<void> prepare_process() {
    crypto::forbid_core_dumps();
    allow_many_open_files();
    return crypto::start();
}

} // namespace saoluu
