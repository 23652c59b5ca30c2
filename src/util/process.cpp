// SPDX-License-Identifier: Apache-2.0
#include "util/process.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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

    int run(pid_t& pid, const std::vector<std::string>& command,
            const std::vector<std::string>& environment) {
        std::vector<char*> words = pointers(command);
        std::vector<char*> variables = pointers(environment);
        return ::posix_spawnp(&pid, words.front(), &files_, &attributes_, words.data(),
                              variables.data());
    }

private:
    static std::vector<char*> pointers(const std::vector<std::string>& texts) {
        std::vector<char*> all;
        all.reserve(texts.size() + 1);
        for (const std::string& text : texts)
            all.push_back(const_cast<char*>(text.c_str())); // the interface's; it writes nothing
        all.push_back(nullptr);
        return all;
    }

    posix_spawn_file_actions_t files_{};
    posix_spawnattr_t attributes_{};
};

/// Ours, with what is to be other.
std::vector<std::string> environment_with(const ProcessOptions& options) {
    std::vector<std::string> all;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text = *variable;
        const std::string_view name = text.substr(0, text.find('='));
        if (std::ranges::none_of(options.environment,
                                 [&](const auto& other) { return other.first == name; }))
            all.emplace_back(text);
    }
    for (const auto& [name, value] : options.environment)
        if (value)
            all.push_back(name + "=" + *value);
    return all;
}

/// What it starts inherits this. Best effort: where the system refuses, it runs as we do.
void give_way(pid_t pid) {
    constexpr int kNice = 10;
    constexpr int kWhoProcess = 1;                 // IOPRIO_WHO_PROCESS, which glibc does not know
    constexpr int kBestEffortLast = (2 << 13) | 7; // "idle" would starve beside a busy disk
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(pid), kNice);
    (void)::syscall(SYS_ioprio_set, kWhoProcess, pid, kBestEffortLast);
}

} // namespace

Result<Process> Process::start(const std::vector<std::string>& command,
                               const ProcessOptions& options) {
    Pipe in = TRY(make_socket_pipe());
    Pipe out = TRY(make_pipe());
    Pipe err = TRY(make_pipe());
    Plan plan;
    plan.give(in.reads, STDIN_FILENO);
    plan.give(out.writes, STDOUT_FILENO);
    plan.give(err.writes, STDERR_FILENO);
    pid_t pid = -1;
    if (const int code = plan.run(pid, command, environment_with(options)); code != 0)
        return Failure(system_error(code, printable(command.front())));
    Process process(pid);
    if (options.low_priority)
        give_way(pid);
    process.in_ = std::move(in.writes);
    process.out_ = std::move(out.reads);
    process.err_ = std::move(err.reads);
    for (const Fd* fd : {&process.in_, &process.out_, &process.err_})
        never_block(*fd);
    return process;
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), status_(other.status_), in_(std::move(other.in_)),
      out_(std::move(other.out_)), err_(std::move(other.err_)), said_(std::move(other.said_)) {}

Process& Process::operator=(Process&& other) noexcept {
    if (this != &other) {
        end();
        pid_ = std::exchange(other.pid_, -1);
        status_ = other.status_;
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

std::optional<ExitStatus> Process::ended() {
    if (status_ || pid_ < 0)
        return status_;
    // It is reaped only when we go: until then its number, and its group's, belong to nobody else.
    siginfo_t facts{};
    int outcome = 0;
    do
        outcome = ::waitid(P_PID, static_cast<id_t>(pid_), &facts, WEXITED | WNOHANG | WNOWAIT);
    while (outcome != 0 && errno == EINTR);
    if (outcome != 0 || facts.si_pid == 0)
        return {};
    if (facts.si_code == CLD_EXITED)
        status_ = ExitStatus{.code = facts.si_status};
    else
        status_ = ExitStatus{.signal = facts.si_status};
    return status_;
}

std::optional<ExitStatus> Process::wait(std::chrono::milliseconds most) {
    constexpr std::chrono::milliseconds kLongestNap{20};
    const auto end = std::chrono::steady_clock::now() + most;
    for (std::chrono::milliseconds nap{1}; !ended(); nap = std::min(nap * 2, kLongestNap)) {
        if (std::chrono::steady_clock::now() >= end)
            return {};
        (void)::poll(nullptr, 0, static_cast<int>(nap.count()));
    }
    return status_;
}

void Process::ask_to_end() const {
    if (pid_ < 0)
        return;
    (void)::kill(-pid_, SIGTERM);
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
