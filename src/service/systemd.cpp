// SPDX-License-Identifier: Apache-2.0
#include "service/systemd.hpp"

#include "util/file.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

namespace saoluu::service {
namespace {

std::string variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
}

} // namespace

SystemdNotifier::SystemdNotifier() : socket_(variable("NOTIFY_SOCKET")) {
    // Of this process alone: a variable that an earlier service left is not meant for us.
    const std::string pid = variable("WATCHDOG_PID");
    if (!pid.empty() && pid != std::to_string(::getpid()))
        return;
    const std::string text = variable("WATCHDOG_USEC");
    std::int64_t microseconds = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), microseconds);
    if (code == std::errc() && microseconds > 0)
        watchdog_ = std::chrono::microseconds(microseconds);
}

void SystemdNotifier::tell(const std::string& state) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_.empty() || socket_.size() >= sizeof address.sun_path ||
        (socket_.front() != '/' && socket_.front() != '@'))
        return;
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    if (socket_.front() == '@') // one without a name in the file system
        address.sun_path[0] = '\0';
    const util::Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    if (fd.is_open()) // best effort: whoever does not listen need not know
        (void)::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
                       reinterpret_cast<const sockaddr*>(&address), length);
}

void SystemdNotifier::reloading() const {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                     static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000));
}

void SystemdNotifier::status(const std::string& text) {
    if (text == status_)
        return;
    status_ = text;
    std::string line = text;
    std::replace(line.begin(), line.end(), '\n', ' ');
    tell("STATUS=" + line);
}

bool is_journal() {
    const std::string stream = variable("JOURNAL_STREAM"); // DEVICE:INODE
    struct stat facts {};
    return !stream.empty() && ::fstat(STDERR_FILENO, &facts) == 0 &&
           stream == fmt::format("{}:{}", facts.st_dev, facts.st_ino);
}

} // namespace saoluu::service
