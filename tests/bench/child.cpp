// SPDX-License-Identifier: Apache-2.0
#include "child.hpp"

#include "bench_repository.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace saoluu::bench {
namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

/// Memory of a process that is no file's, in KiB; 0 once it has ended.
long own_kib(pid_t process) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    long kib = 0;
    for (std::string line; std::getline(status, line);)
        if (std::sscanf(line.c_str(), "RssAnon: %ld kB", &kib) == 1)
            return kib;
    return 0;
}

[[noreturn]] void become(const std::vector<std::string>& words,
                         const std::vector<std::pair<std::string, std::string>>& environment,
                         const std::string& output) {
    const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(out, STDOUT_FILENO);
    for (const auto& [name, value] : environment)
        ::setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> arguments;
    for (const std::string& word : words)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

} // namespace

Cost run_program(const std::vector<std::string>& words,
                 const std::vector<std::pair<std::string, std::string>>& environment,
                 const std::string& output) {
    const auto started = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    if (child < 0)
        give_up("no process can be started");
    if (child == 0)
        become(words, environment, output);
    Cost cost;
    std::jthread watcher([&cost, child](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            cost.own_mib = std::max(cost.own_mib, static_cast<double>(own_kib(child)) / 1024);
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    });
    int status = 0;
    rusage usage{};
    ::wait4(child, &status, 0, &usage);
    cost.wall_seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    watcher.request_stop();
    watcher.join();
    cost.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    cost.peak_mib = static_cast<double>(usage.ru_maxrss) / 1024;
    cost.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return cost;
}

void run_apart(const std::function<void()>& work) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child < 0)
        give_up("no process can be started");
    if (child == 0) {
        work();
        std::fflush(nullptr);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        give_up("a part of the work failed");
}

} // namespace saoluu::bench
