// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/file.hpp"

#include "saoluu/result.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace saoluu::util {

/// How a program ended.
struct ExitStatus {
    int code = 0;   ///< what it returned; 0 where a signal ended it
    int signal = 0; ///< that ended it; 0: none
    [[nodiscard]] bool is_success() const { return code == 0 && signal == 0; }
};

struct ProcessOptions {
    /// Beside our own: a value replaces ours, no value takes it away.
    std::vector<std::pair<std::string, std::optional<std::string>>> environment = {};
    /// Gives way to everything else that wants the processor or the disks.
    bool low_priority = false;
};

/// A program that runs beside us, in a process group of its own (a Ctrl-C in the terminal is ours
/// to act on), with pipes at its standard input, output and error. Killed with its group and reaped
/// when it goes. Used by one thread at a time.
class Process {
public:
    /// command: the program, looked for in PATH, and its arguments; no shell sees them
    /// errors: not_found where there is no such program; denied, io
    static Result<Process> start(const std::vector<std::string>& command,
                                 const ProcessOptions& options = {});

    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() { end(); }

    /// Its input and output, our ends; neither ever blocks. The input is a socket, to be written
    /// with send() and MSG_NOSIGNAL.
    [[nodiscard]] Fd& in() { return in_; }
    [[nodiscard]] Fd& out() { return out_; }
    [[nodiscard]] const Fd& out() const { return out_; }
    /// Our end of its standard error, for poll().
    [[nodiscard]] int err() const { return err_.get(); }

    /// Takes what it has written to standard error so far, without waiting. False once that is
    /// closed.
    bool listen();
    /// The same until it is closed, for at most so long: what a program says that is ending.
    void listen_until_end(std::chrono::milliseconds most);
    /// The last 4 KiB of it.
    [[nodiscard]] const std::string& said() const { return said_; }

    /// How it ended, without waiting; nothing while it runs. What it wrote can still be read then.
    std::optional<ExitStatus> ended();
    /// The same, waited for for at most so long.
    std::optional<ExitStatus> wait(std::chrono::milliseconds most);
    /// Asks it and all that it started to end (SIGTERM).
    void ask_to_end() const;

private:
    explicit Process(pid_t pid) : pid_(pid) {}
    void end();

    pid_t pid_ = -1;
    std::optional<ExitStatus> status_;
    Fd in_;
    Fd out_;
    Fd err_;
    std::string said_;
};

} // namespace saoluu::util
