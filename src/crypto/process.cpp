// SPDX-License-Identifier: Apache-2.0
#include "saoluu/process.hpp"

#include "crypto/secret.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

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

/// Where we were started without a standard input, its number would go to the next file that is
/// opened. Reading from what takes its place fails.
void hold_standard_input() {
    if (::fcntl(STDIN_FILENO, F_GETFD) < 0)
        static_cast<void>(::open("/dev/null", O_WRONLY | O_CLOEXEC)); // the lowest free number
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
    hold_standard_input();
    allow_many_open_files();
    give_memory_back();
    return crypto::start();
}

} // namespace saoluu
