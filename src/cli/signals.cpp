// SPDX-License-Identifier: Apache-2.0
#include "cli/signals.hpp"

#include "cli/exit_codes.hpp"
#include "cli/terminal.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

#include <unistd.h>

namespace saoluu::cli {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};
constexpr char kStop = 's';
constexpr char kEnd = 'e';

// What a signal handler may touch: it runs in any thread, in the middle of anything.
std::atomic<int> g_signals = 0;
std::atomic<int> g_pipe = -1;
util::Fd g_read_end;

void on_signal(int) {
    const int saved = errno;
    if (g_signals.fetch_add(1) > 0) {
        restore_terminal();
        ::_exit(static_cast<int>(ExitCode::interrupted));
    }
    if (::write(g_pipe, &kStop, 1) < 0) {
        // nobody reads any more: the program is ending
    }
    errno = saved;
}

} // namespace

StopSignals::StopSignals() {
    std::signal(SIGPIPE, SIG_IGN); // a closed pipe is an error of write(), not the end of a backup
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return; // signals keep their usual meaning
    g_read_end = util::Fd(ends[0]);
    g_pipe = ends[1];
    try {
        watcher_ = std::jthread([this] { watch(); });
    } catch (const std::system_error&) { // no thread can be had: signals keep their usual meaning
        ::close(g_pipe.exchange(-1));
        g_read_end.reset();
        return;
    }
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    for (const int number : kSignals) {
        struct sigaction before {};
        if (::sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
            ::sigaction(number, &action, nullptr);
    }
}

StopSignals::~StopSignals() {
    if (g_pipe < 0)
        return;
    for (const int number : kSignals) {
        struct sigaction now {};
        if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler == on_signal)
            std::signal(number, SIG_DFL);
    }
    if (::write(g_pipe, &kEnd, 1) == 1)
        watcher_.join();
    ::close(g_pipe.exchange(-1));
    g_read_end.reset();
}

void StopSignals::watch() {
    for (char what = 0; what != kEnd;) {
        const ssize_t got = ::read(g_read_end.get(), &what, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got != 1)
            return;
        if (what == kStop) {
            source_.request_stop();
            if (is_terminal(STDERR_FILENO))
                std::fprintf(stderr, "\n%s\n", util::tr("Stopping… (once more to stop at once)"));
        }
    }
}

} // namespace saoluu::cli
