// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/file.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace saoluu::test {

/// A web service on loopback that answers what a test makes up, byte by byte: for answers that no
/// honest service gives. Ends with its connections when it goes.
class CannedServer {
public:
    struct Request {
        std::string head; ///< the request's line and headers
        std::string body;
        [[nodiscard]] bool begins_with(std::string_view text) const {
            return head.starts_with(text);
        }
        [[nodiscard]] bool has(std::string_view text) const {
            return head.find(text) != std::string::npos;
        }
    };
    /// What is sent back as it stands. kHang: nothing, until the server goes; an empty text: the
    /// connection is closed without a word.
    using Answer = std::function<std::string(const Request& request)>;
    static constexpr const char* kHang = "hang";

    enum class After { keep_open, close };

    explicit CannedServer(Answer answer, After after = After::keep_open)
        : answer_(std::move(answer)), after_(after) {
        listener_ = util::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_.get(), any, size) != 0 || ::listen(listener_.get(), 16) != 0 ||
            ::getsockname(listener_.get(), any, &size) != 0)
            throw std::runtime_error("no server can be made");
        port_ = ntohs(address.sin_port);
        acceptor_ = std::jthread([this](const std::stop_token& stop) { accept(stop); });
    }
    CannedServer(const CannedServer&) = delete;
    CannedServer& operator=(const CannedServer&) = delete;
    ~CannedServer() {
        acceptor_.request_stop();
        acceptor_.join();
        for (std::jthread& served : serving_)
            served.request_stop();
    }

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] int port() const { return port_; }
    [[nodiscard]] std::vector<Request> requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }
    [[nodiscard]] int connections() const { return connections_; }

    /// A whole answer with its length.
    static std::string answer(std::string_view status, std::string_view body,
                              std::string_view headers = {}) {
        return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(headers) +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
    }

private:
    static bool wait_for(int fd, const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
            if (::poll(&ready, 1, 20) > 0)
                return true;
        }
        return false;
    }

    void accept(const std::stop_token& stop) {
        while (wait_for(listener_.get(), stop)) {
            const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0)
                continue;
            ++connections_;
            serving_.emplace_back(
                [this, fd](const std::stop_token& ends) { serve(util::Fd(fd), ends); });
        }
    }

    void serve(const util::Fd& client, const std::stop_token& stop) {
        std::string pending;
        while (true) {
            Request request;
            while (pending.find("\r\n\r\n") == std::string::npos)
                if (!more(client, stop, pending))
                    return;
            const std::size_t end = pending.find("\r\n\r\n") + 4;
            request.head = pending.substr(0, end);
            const std::size_t length = request.head.find("Content-Length: ");
            const std::size_t size =
                length == std::string::npos ? 0 : std::stoul(request.head.substr(length + 16));
            while (pending.size() < end + size)
                if (!more(client, stop, pending))
                    return;
            request.body = pending.substr(end, size);
            pending.erase(0, end + size);
            const std::string answer = answered(std::move(request));
            if (answer == kHang) {
                while (more(client, stop, pending)) {
                }
                return;
            }
            if (answer.empty() || !send_all(client, answer))
                return;
            if (after_ == After::close)
                return;
        }
    }

    /// One at a time: what a test makes answers of needs no lock.
    std::string answered(Request request) {
        const std::lock_guard lock(mutex_);
        std::string answer = answer_(request);
        requests_.push_back(std::move(request));
        return answer;
    }

    static bool more(const util::Fd& client, const std::stop_token& stop, std::string& pending) {
        char buffer[65536];
        if (!wait_for(client.get(), stop))
            return false;
        const ssize_t got = ::recv(client.get(), buffer, sizeof buffer, 0);
        if (got <= 0)
            return false;
        pending.append(buffer, static_cast<std::size_t>(got));
        return true;
    }

    static bool send_all(const util::Fd& client, std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0)
                return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    Answer answer_;
    After after_;
    util::Fd listener_;
    int port_ = 0;
    std::atomic<int> connections_ = 0;
    mutable std::mutex mutex_;
    std::vector<Request> requests_;
    std::vector<std::jthread> serving_; // the acceptor's alone, until it has ended
    std::jthread acceptor_;
};

} // namespace saoluu::test
