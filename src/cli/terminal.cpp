// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace saoluu::cli {
namespace {

// For restore_terminal(), which a signal handler calls: set before, read after `g_hidden`.
termios g_before{};
std::atomic<bool> g_hidden = false;

/// Hides what is typed while it lives.
class Hidden {
public:
    Hidden() {
        if (::tcgetattr(STDIN_FILENO, &g_before) != 0)
            return;
        termios hidden = g_before;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        hidden.c_lflag |= ECHONL;
        // Suspending would leave the shell with a terminal that shows nothing.
        hidden.c_cc[VSUSP] = _POSIX_VDISABLE;
        g_hidden = true;
        // What was typed before the question is no answer to it.
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    Hidden(const Hidden&) = delete;
    Hidden& operator=(const Hidden&) = delete;
    ~Hidden() { restore_terminal(); }
};

} // namespace

bool is_terminal(int fd) {
    return ::isatty(fd) == 1;
}

std::size_t terminal_columns(int fd) {
    winsize size{};
    return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool can_ask() {
    return is_terminal(STDIN_FILENO) && is_terminal(STDERR_FILENO);
}

HiddenLine::~HiddenLine() {
    ::explicit_bzero(bytes_.data(), bytes_.size());
}

/// Reads what is typed up to the end of the line, into memory that is wiped.
class LineReader {
public:
    LineReader(std::stop_token stop, const char* what)
        : wake_(::eventfd(0, EFD_CLOEXEC)), stop_(std::move(stop)), what_(what) {}

    Result<std::unique_ptr<HiddenLine>> read() {
        const std::stop_callback waker(stop_, [this] {
            const std::uint64_t one = 1;
            if (::write(wake_.get(), &one, sizeof one) < 0) {
                // the answer is awaited without it
            }
        });
        auto line = std::make_unique<HiddenLine>();
        std::array<pollfd, 2> waited = {
            {{STDIN_FILENO, POLLIN, 0}, {wake_.get(), POLLIN, 0}}}; // a negative one is passed over
        for (;;) {
            if (stop_.stop_requested())
                return fail(ErrorKind::interrupted, what_);
            if (::poll(waited.data(), waited.size(), -1) < 0) {
                if (errno == EINTR)
                    continue;
                return Failure(util::system_error(errno, util::tr("the terminal")));
            }
            if (waited[0].revents == 0)
                continue;
            const ssize_t got = ::read(STDIN_FILENO, line->bytes_.data() + line->size_,
                                       line->bytes_.size() - line->size_);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return Failure(util::system_error(errno, util::tr("the terminal")));
            if (got == 0)
                return fail(ErrorKind::interrupted, what_);
            line->size_ += static_cast<std::size_t>(got);
            if (line->bytes_[line->size_ - 1] == '\n') {
                --line->size_;
                return line;
            }
            if (line->size_ == line->bytes_.size())
                return fail(ErrorKind::usage, util::tr("the line is too long"));
        }
    }

private:
    util::Fd wake_;
    std::stop_token stop_;
    const char* what_;
};

Result<std::unique_ptr<HiddenLine>> ask_hidden(const std::string& question, std::stop_token stop) {
    if (!can_ask())
        return fail(ErrorKind::usage, util::tr("there is no terminal to ask for a passphrase"));
    LineReader reader(std::move(stop), util::tr("interrupted while waiting for a passphrase"));
    const Hidden hidden;
    std::fprintf(stderr, "%s", question.c_str());
    std::fflush(stderr);
    return reader.read();
}

Result<std::string> ask_line(const std::string& question, std::stop_token stop) {
    if (!can_ask())
        return fail(ErrorKind::usage, util::tr("there is no terminal to ask on"));
    LineReader reader(std::move(stop), util::tr("interrupted while waiting for an answer"));
    std::fprintf(stderr, "%s", question.c_str());
    std::fflush(stderr);
    const auto line = TRY(reader.read());
    return std::string(line->view());
}

void restore_terminal() {
    if (g_hidden.exchange(false))
        ::tcsetattr(STDIN_FILENO, TCSANOW, &g_before);
}

} // namespace saoluu::cli
