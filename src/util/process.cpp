// SPDX-License-Identifier: Apache-2.0
#include "util/process.hpp"

#include "util/text.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace saoluu::util {
namespace {

constexpr std::size_t kKeptBytes = 4096;
/// What a pipe holds: with the usual 64 KiB both sides would wake for every other packet.
constexpr int kPipeBytes = 1 << 20;

struct Pipe {
    Fd reads;
    Fd writes;
};

Result<Pipe> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return Failure(system_error(errno, tr("a pipe")));
    Pipe made{Fd(ends[0]), Fd(ends[1])};
    (void)::fcntl(ends[0], F_SETPIPE_SZ, kPipeBytes); // a limit of the system's may refuse it
    return made;
}

/// As a pipe, but writing to it once the other end is gone raises no SIGPIPE (MSG_NOSIGNAL).
Result<Pipe> make_socket_pipe() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return Failure(system_error(errno, tr("a pipe")));
    Pipe made{Fd(ends[0]), Fd(ends[1])};
    (void)::setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &kPipeBytes, sizeof kPipeBytes);
    return made;
}

void never_block(const Fd& fd) {
    (void)::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

/// What posix_spawn() is told.
class Plan {
public:
    Plan() {
        ::posix_spawn_file_actions_init(&files_);
        ::posix_spawnattr_init(&attributes_);
        // A mask or an ignored signal of ours would be the child's too.
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                     POSIX_SPAWN_SETPGROUP);
    }
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;
    ~Plan() {
        ::posix_spawn_file_actions_destroy(&files_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    void give(const Fd& fd, int as) { ::posix_spawn_file_actions_adddup2(&files_, fd.get(), as); }

    int run(pid_t& pid, const std::vector<std::string>& command) {
        std::vector<char*> words;
        words.reserve(command.size() + 1);
        for (const std::string& word : command)
            words.push_back(const_cast<char*>(word.c_str())); // the interface's; it writes nothing
        words.push_back(nullptr);
        return ::posix_spawnp(&pid, words.front(), &files_, &attributes_, words.data(), environ);
    }

private:
    posix_spawn_file_actions_t files_{};
    posix_spawnattr_t attributes_{};
};

} // namespace

Result<Process> Process::start(const std::vector<std::string>& command) {
    Pipe in = TRY(make_socket_pipe());
    Pipe out = TRY(make_pipe());
    Pipe err = TRY(make_pipe());
    Plan plan;
    plan.give(in.reads, STDIN_FILENO);
    plan.give(out.writes, STDOUT_FILENO);
    plan.give(err.writes, STDERR_FILENO);
    pid_t pid = -1;
    if (const int code = plan.run(pid, command); code != 0)
        return Failure(system_error(code, printable(command.front())));
    Process process(pid);
    process.in_ = std::move(in.writes);
    process.out_ = std::move(out.reads);
    process.err_ = std::move(err.reads);
    for (const Fd* fd : {&process.in_, &process.out_, &process.err_})
        never_block(*fd);
    return process;
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), in_(std::move(other.in_)), out_(std::move(other.out_)),
      err_(std::move(other.err_)), said_(std::move(other.said_)) {}

Process& Process::operator=(Process&& other) noexcept {
    if (this != &other) {
        end();
        pid_ = std::exchange(other.pid_, -1);
        in_ = std::move(other.in_);
        out_ = std::move(other.out_);
        err_ = std::move(other.err_);
        said_ = std::move(other.said_);
    }
    return *this;
}

bool Process::listen() {
    std::array<char, 1024> piece{};
    while (err_.is_open()) {
        const ssize_t got = ::read(err_.get(), piece.data(), piece.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return true;
        if (got <= 0) {
            err_.reset();
            break;
        }
        said_.append(piece.data(), static_cast<std::size_t>(got));
        if (said_.size() > kKeptBytes)
            said_.erase(0, said_.size() - kKeptBytes);
    }
    return false;
}

void Process::listen_until_end(std::chrono::milliseconds most) {
    const auto end = std::chrono::steady_clock::now() + most;
    while (listen()) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            return;
        pollfd waits{err_.get(), POLLIN, 0};
        (void)::poll(&waits, 1, static_cast<int>(left.count()));
    }
}

void Process::end() {
    if (pid_ < 0)
        return;
    in_.reset();
    out_.reset();
    // The group too: ssh may have started others, such as its way through a jump host.
    (void)::kill(-pid_, SIGKILL);
    (void)::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR)
        continue;
    pid_ = -1;
}

} // namespace saoluu::util
