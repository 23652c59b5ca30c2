// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/// Work done in a process of its own, with as few rights and threads as a test wants.
namespace saoluu::test {

/// A user who is nobody else at this moment, so that his threads can be counted.
inline uid_t lonely_user() {
    return 20'000 + static_cast<uid_t>(::getpid()) % 40'000;
}

/// Makes a folder and all that is in it `user`'s own.
inline void give_to(uid_t user, const std::string& folder) {
    REQUIRE(::lchown(folder.c_str(), user, user) == 0);
    for (const auto& one : std::filesystem::recursive_directory_iterator(folder))
        REQUIRE(::lchown(one.path().c_str(), user, user) == 0);
}

/// For a child: becomes `user` for good.
inline bool become(uid_t user) {
    return ::setgid(user) == 0 && ::setuid(user) == 0;
}
/// From now on this user may have `most` threads in all, or as many as the system gives. Nothing of
/// the sort binds root.
inline bool limit_threads(rlim_t most) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NPROC, &limit) != 0)
        return false;
    limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
    return ::setrlimit(RLIMIT_NPROC, &limit) == 0;
}

/// What `work` returns (0 to 99) in a child process; 100 if it throws, 200 and more if the child is
/// killed: by SIGALRM (14) where it hangs.
inline int in_child(const std::function<int()>& work) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::alarm(120); // far longer than the work takes, even under a sanitizer
        try {
            ::_exit(work());
        } catch (...) { // never back into the test's own runner
            ::_exit(100);
        }
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

} // namespace saoluu::test
