// SPDX-License-Identifier: Apache-2.0
#include "service/control.hpp"

#include "util/text.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace saoluu::service {
namespace {
using util::message;
using util::printable;
using util::tr;

constexpr std::size_t kLongestLine = 64 * 1024;
constexpr std::size_t kLongestAnswer = std::size_t{16} << 20;
constexpr int kPatienceSeconds = 10;

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(ErrorKind::usage,
                    message(tr("{}: the path of a local socket has at most {} bytes: choose a "
                               "shorter state folder"),
                            printable(path), sizeof address.sun_path - 1));
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

const sockaddr* plain(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address); // as the interface wants it
}

} // namespace

std::string control_path(const std::string& state_folder) {
    return util::join(state_folder, "daemon.socket");
}

Result<ControlServer> ControlServer::listen(const std::string& path) {
    const sockaddr_un address = TRY(address_of(path));
    util::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.is_open())
        return util::system_failure(path);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return util::system_failure(path);
    if (::bind(fd.get(), plain(address), sizeof address) != 0 || ::chmod(path.c_str(), 0600) != 0 ||
        ::listen(fd.get(), SOMAXCONN) != 0)
        return util::system_failure(path);
    return ControlServer(path, std::move(fd));
}

ControlServer::~ControlServer() {
    if (fd_.is_open())
        (void)::unlink(path_.c_str());
}

void ControlServer::waits_for(std::vector<pollfd>& fds) const {
    if (clients_.size() < kMostClients)
        fds.push_back({fd_.get(), POLLIN, 0});
    for (const Client& client : clients_)
        fds.push_back(
            {client.fd.get(), static_cast<short>(client.is_answered ? POLLOUT : POLLIN), 0});
}

bool ControlServer::go_on(Client& client,
                          const std::function<std::string(const std::string& line)>& answer) {
    while (!client.is_answered) {
        std::array<char, 4096> piece{};
        const ssize_t got = ::recv(client.fd.get(), piece.data(), piece.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return true;
        if (got <= 0)
            return false;
        client.line.append(piece.data(), static_cast<std::size_t>(got));
        if (const std::size_t end = client.line.find('\n'); end != std::string::npos) {
            client.answer = answer(client.line.substr(0, end)) + "\n";
            client.is_answered = true;
        } else if (client.line.size() > kLongestLine) {
            return false;
        }
    }
    while (!client.answer.empty()) {
        const ssize_t sent =
            ::send(client.fd.get(), client.answer.data(), client.answer.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN;
        client.answer.erase(0, static_cast<std::size_t>(sent));
    }
    return false;
}

void ControlServer::serve(const std::function<std::string(const std::string& line)>& answer) {
    while (clients_.size() < kMostClients) {
        util::Fd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!fd.is_open())
            break;
        clients_.push_back({.fd = std::move(fd), .line = {}, .answer = {}});
    }
    std::erase_if(clients_, [&](Client& client) { return !go_on(client, answer); });
}

Result<std::string> ask_control(const std::string& path, const std::string& line) {
    const Result<sockaddr_un> addressed = address_of(path);
    if (!addressed) // no daemon can listen there
        return fail(ErrorKind::not_found, tr("the daemon does not run"));
    const sockaddr_un& address = *addressed;
    const util::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd.is_open())
        return util::system_failure(path);
    const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(fd.get(), plain(address), sizeof address) != 0) {
        if (errno == ECONNREFUSED || errno == ENOENT || errno == ENOTDIR)
            return fail(ErrorKind::not_found, tr("the daemon does not run"));
        return util::system_failure(path);
    }
    const std::string whole = line + "\n";
    if (::send(fd.get(), whole.data(), whole.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(whole.size()))
        return util::system_failure(path);
    std::string answer;
    std::array<char, 4096> piece{};
    while (!answer.ends_with('\n') && answer.size() < kLongestAnswer) {
        const ssize_t got = ::recv(fd.get(), piece.data(), piece.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail(ErrorKind::io,
                        tr("the daemon does not answer: see systemctl status saoluu"));
        answer.append(piece.data(), static_cast<std::size_t>(got));
    }
    answer.pop_back();
    return answer;
}

} // namespace saoluu::service
