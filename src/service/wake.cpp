// SPDX-License-Identifier: Apache-2.0
#include "service/wake.hpp"

#include "util/text.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

namespace saoluu::service {
namespace {

// What a signal handler may touch.
std::atomic<bool> g_reload = false;
std::atomic<int> g_fd = -1;

void add_one(int fd) {
    const std::uint64_t one = 1;
    if (::write(fd, &one, sizeof one) < 0) {
        // full: it wakes all the same
    }
}

void on_hangup(int) {
    const int saved = errno;
    g_reload = true;
    add_one(g_fd);
    errno = saved;
}

} // namespace

Result<Wake> Wake::create() {
    util::Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fd.is_open())
        return Failure(util::system_error(errno, "eventfd"));
    g_fd = fd.get();
    struct sigaction action {};
    action.sa_handler = on_hangup;
    action.sa_flags = SA_RESTART;
    (void)::sigaction(SIGHUP, &action, nullptr);
    return Wake(std::move(fd));
}

Wake::~Wake() {
    if (!fd_.is_open())
        return;
    std::signal(SIGHUP, SIG_DFL);
    g_fd = -1;
}

void Wake::wake() const {
    add_one(fd_.get());
}

bool Wake::take_reload() {
    std::uint64_t count = 0;
    if (::read(fd_.get(), &count, sizeof count) < 0) {
        // nobody woke us
    }
    return g_reload.exchange(false);
}

} // namespace saoluu::service
