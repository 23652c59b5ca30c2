// SPDX-License-Identifier: Apache-2.0
#include "service/smtp.hpp"

#include "util/file.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace saoluu::service {
namespace {

/// A mail server that says what a test makes up: for words that no honest one says. One connection
/// after the other.
class ScriptedServer {
public:
    /// What it says to a line; an empty text: the connection is closed.
    using Answer = std::function<std::string(const std::string& line)>;

    ScriptedServer(std::string greeting, Answer answer)
        : greeting_(std::move(greeting)), answer_(std::move(answer)) {
        listener_ = util::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener_.get(), any, size) != 0 || ::listen(listener_.get(), 4) != 0 ||
            ::getsockname(listener_.get(), any, &size) != 0)
            throw std::runtime_error("no server can be made");
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
    }

    [[nodiscard]] std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
    /// Everything that was said to it; once nobody speaks any more.
    [[nodiscard]] std::string heard() {
        thread_.request_stop();
        thread_.join();
        return heard_;
    }

private:
    void serve(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            pollfd wait{.fd = listener_.get(), .events = POLLIN, .revents = 0};
            if (::poll(&wait, 1, 20) != 1)
                continue;
            const util::Fd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            talk(peer.get(), stop);
        }
    }

    void talk(int peer, const std::stop_token& stop) {
        say(peer, greeting_);
        std::string unread;
        bool in_letter = false;
        while (!stop.stop_requested()) {
            pollfd wait{.fd = peer, .events = POLLIN, .revents = 0};
            if (::poll(&wait, 1, 20) != 1)
                continue;
            char bytes[4096];
            const ssize_t size = ::read(peer, bytes, sizeof bytes);
            if (size <= 0)
                return;
            heard_.append(bytes, static_cast<std::size_t>(size));
            unread.append(bytes, static_cast<std::size_t>(size));
            for (std::size_t end = 0; (end = unread.find("\r\n")) != std::string::npos;) {
                const std::string line = unread.substr(0, end);
                unread.erase(0, end + 2);
                if (in_letter && line != ".")
                    continue;
                const std::string answer = answer_(line);
                in_letter = answer.starts_with("354");
                if (answer.empty())
                    return;
                say(peer, answer);
            }
        }
    }

    static void say(int peer, const std::string& text) {
        (void)::send(peer, text.data(), text.size(), MSG_NOSIGNAL);
    }

    std::string greeting_;
    Answer answer_;
    util::Fd listener_;
    int port_ = 0;
    std::string heard_;
    std::jthread thread_;
};

/// Says yes to everything, without STARTTLS.
std::string yes(const std::string& line) {
    if (line.starts_with("EHLO"))
        return "250-mail\r\n250 AUTH PLAIN\r\n";
    if (line.starts_with("AUTH"))
        return "334 \r\n";
    if (line.starts_with("AG")) // a NUL and the user, in base64
        return "235 2.7.0 welcome\r\n";
    if (line.starts_with("DATA"))
        return "354 go ahead\r\n";
    return line.starts_with("QUIT") ? "221 bye\r\n" : "250 OK\r\n";
}

Result<SmtpAnswer> send_to(const std::string& url, bool may_be_plain,
                           const std::vector<std::string>& to = {"a@example.vn"},
                           std::chrono::seconds patience = std::chrono::seconds(30)) {
    return send_letter({.url = url,
                        .may_be_plain = may_be_plain,
                        .user = "nguoi-dung",
                        .password = SecretText::copy_of("mat-khau"),
                        .ca_file = {},
                        .patience = patience},
                       "saoluu@example.vn", to, "Subject: x\r\n\r\nx\r\n", {});
}

TEST_CASE("a server without STARTTLS learns neither the password nor the letter") {
    ScriptedServer server("220 mail ESMTP\r\n", yes);
    const auto sent = send_to(server.url(), false);
    REQUIRE(!sent);
    CHECK(sent.error().kind() == ErrorKind::refused);
    CHECK(sent.error().message().find("STARTTLS") != std::string::npos);
    const std::string heard = server.heard();
    CHECK(heard.find("AUTH") == std::string::npos);
    CHECK(heard.find("MAIL") == std::string::npos);
}

TEST_CASE("a server that says no to STARTTLS learns nothing either") {
    ScriptedServer server("220 mail ESMTP\r\n", [](const std::string& line) -> std::string {
        if (line.starts_with("EHLO"))
            return "250-mail\r\n250 STARTTLS\r\n";
        return line.starts_with("STARTTLS") ? "454 not now\r\n" : yes(line);
    });
    REQUIRE(!send_to(server.url(), false));
    CHECK(server.heard().find("MAIL") == std::string::npos);
}

TEST_CASE("what a man in the middle says before TLS counts for nothing") {
    ScriptedServer server("220 mail ESMTP\r\n", [](const std::string& line) -> std::string {
        if (line.starts_with("EHLO"))
            return "250-mail\r\n250 STARTTLS\r\n";
        return line.starts_with("STARTTLS")
                   ? "220 go\r\n235 welcome\r\n250 OK\r\n250 OK\r\n354 go\r\n250 OK\r\n"
                   : yes(line);
    });
    REQUIRE(!send_to(server.url(), false));
    CHECK(server.heard().find("MAIL") == std::string::npos);
}

TEST_CASE("each recipient's reply is taken for that recipient") {
    ScriptedServer server("220 mail ESMTP\r\n", [](const std::string& line) -> std::string {
        if (line.find("b@example") != std::string::npos)
            return "550-no such\r\n550 user \x1b[31m\r\n";
        if (line.find("c@example") != std::string::npos)
            return "452 mailbox full\r\n";
        return yes(line);
    });
    const auto sent = send_to(server.url(), true,
                              {"a@example.vn", "b@example.vn", "c@example.vn", "d@example.vn"});
    REQUIRE(sent);
    REQUIRE(sent->refused.size() == 1);
    CHECK(sent->refused[0] == "b@example.vn: 550 user \\x1b[31m");
    CHECK(sent->later == std::vector<std::string>{"c@example.vn"});
}

TEST_CASE("a server's no is told with its words and what to do") {
    struct No {
        const char* command;
        const char* answer;
        ErrorKind kind;
        bool may_retry;
    };
    for (const No& no : {No{"MAIL", "550 5.7.1 sender refused\r\n", ErrorKind::refused, false},
                         No{"RCPT", "550 5.1.1 unknown\r\n", ErrorKind::refused, false},
                         No{"RCPT", "451 4.7.1 later\r\n", ErrorKind::io, true},
                         No{"MAIL", "530 5.7.0 log in first\r\n", ErrorKind::denied, false},
                         No{"DATA", "552 too large\r\n", ErrorKind::refused, false},
                         No{".", "554 5.7.1 looks like spam\r\n", ErrorKind::refused, false},
                         No{".", "", ErrorKind::io, true}, No{"RCPT", "", ErrorKind::io, true},
                         No{"EHLO", "", ErrorKind::io, true}}) {
        CAPTURE(no.command);
        CAPTURE(no.answer);
        ScriptedServer server("220 mail ESMTP\r\n", [&](const std::string& line) {
            return line.starts_with(no.command) ? std::string(no.answer) : yes(line);
        });
        const auto sent = send_to(server.url(), true);
        REQUIRE(!sent);
        CHECK(sent.error().kind() == no.kind);
        CHECK(sent.error().may_retry() == no.may_retry);
        CHECK(sent.error().message().starts_with(server.url()));
        CHECK(sent.error().message().find("mat-khau") == std::string::npos);
    }
}

TEST_CASE("what is no mail server is told, and not waited for") {
    for (const char* greeting :
         {"HTTP/1.1 400 Bad Request\r\n", "554 go away\r\n", "\x01\x02\r\n"}) {
        CAPTURE(greeting);
        ScriptedServer server(greeting, yes);
        CHECK(!send_to(server.url(), true, {"a@example.vn"}, std::chrono::seconds(2)));
    }
    ScriptedServer silent("", yes);
    const auto sent = send_to(silent.url(), true, {"a@example.vn"}, std::chrono::seconds(1));
    REQUIRE(!sent);
    CHECK(sent.error().may_retry());
}

TEST_CASE("whoever stops does not wait for a server") {
    ScriptedServer silent("", yes);
    std::stop_source stop;
    std::jthread later([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        stop.request_stop();
    });
    const auto sent = send_letter(
        {.url = silent.url(), .may_be_plain = true, .user = {}, .password = {}, .ca_file = {}},
        "a@b.vn", {"a@example.vn"}, "x", stop.get_token());
    REQUIRE(!sent);
    CHECK(sent.error().kind() == ErrorKind::interrupted);
}

TEST_CASE("replies are told apart only where it is known whose they are") {
    const std::vector<SmtpReply> replies = {{220, ""},  {250, ""}, {250, "MAIL"}, {550, "a"},
                                            {250, "b"}, {354, ""}, {250, ""}};
    const auto two = recipient_replies(replies, 2);
    REQUIRE(two.size() == 2);
    CHECK(two[0].text == "a");
    CHECK(two[1].text == "b");
    CHECK(recipient_replies(replies, 6).empty());
    CHECK(recipient_replies({{250, ""}}, 1).empty());
}

} // namespace
} // namespace saoluu::service
