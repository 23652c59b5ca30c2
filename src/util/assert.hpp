// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>

/// A promise that only a bug in this program can break; ends it, in every build. Never for what
/// comes from disk, network or a user: that is a Result.
#define ASSERT(condition)                                                                          \
    (static_cast<bool>(condition)                                                                  \
         ? static_cast<void>(0)                                                                    \
         : ::saoluu::util::promise_broken(#condition, __FILE__, __LINE__))

namespace saoluu::util {

[[noreturn]] inline void promise_broken(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "saoluu: broken promise: %s (%s:%d)\n", condition, file, line);
    std::abort();
}

} // namespace saoluu::util
