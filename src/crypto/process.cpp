// SPDX-License-Identifier: Apache-2.0
#include "saoluu/process.hpp"

#include "crypto/secret.hpp"

#include <malloc.h>
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

/// Buffers are given back when they go. By itself glibc takes to keeping what is up to 32 MiB large
/// once one that large was freed: a fifth of a backup's peak.
void give_memory_back() {
#ifdef __GLIBC__
    constexpr int kLarge = 128 << 10;
    ::mallopt(M_MMAP_THRESHOLD, kLarge);
#endif
}

} // namespace

Result<void> prepare_process() {
    crypto::forbid_core_dumps();
    allow_many_open_files();
    give_memory_back();
    return crypto::start();
}

} // namespace saoluu
