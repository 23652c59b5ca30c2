// SPDX-License-Identifier: Apache-2.0
#include "store/http.hpp"

#include "store/http_faults.hpp"

#include "canned_server.hpp"
#include "random_bytes.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

using namespace saoluu;
using namespace saoluu::store;
using test::CannedServer;
using namespace std::chrono_literals;

namespace {

HttpClient client(HttpOptions options = {}) {
    options.with_proxy = false;
    return HttpClient(std::move(options));
}

bool is_lost(const Result<HttpAnswer>& answer) {
    return !answer && answer.error().kind() == ErrorKind::io && answer.error().may_retry();
}

/// A body that can't be read when it is needed.
class BrokenSource final : public Source {
public:
    [[nodiscard]] std::uint64_t size() const override { return 1 << 20; }
    [[nodiscard]] crypto::Sha256 sha256() const override { return {}; }
    Result<void> read(std::uint64_t /*offset*/, std::span<std::byte> /*out*/) const override {
        return fail(ErrorKind::io, "the spool is gone");
    }
};

} // namespace

TEST_CASE("an answer comes whole, and its connection is used again") {
    CannedServer server([](const auto&) {
        return CannedServer::answer("200 OK", "hello",
                                    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                    "X-Word:  two words \r\n");
    });
    HttpClient http = client();
    for (int i = 0; i < 3; ++i) {
        const auto answer = http.perform({.url = server.url() + "/a/../b?c"});
        REQUIRE(answer);
        CHECK(answer->status == 200);
        CHECK(util::as_text(answer->body) == "hello");
        CHECK(answer->header("x-word") == "two words");
        CHECK(answer->header("x-other").empty());
        CHECK(answer->server_time == 784'111'777);
        CHECK(!answer->was_resent);
    }
    CHECK(server.connections() == 1);
    CHECK(server.requests().at(0).begins_with("GET /a/../b?c HTTP/1.1\r\n"));
}

TEST_CASE("a body is sent whole and at once") {
    const util::Bytes bytes = test::random_bytes(3'000'001, 1);
    CannedServer server([](const auto&) { return CannedServer::answer("200 OK", ""); });
    HttpClient http = client();
    for (const std::size_t size : {bytes.size(), std::size_t{1}, std::size_t{0}}) {
        const MemorySource source(util::BytesView(bytes).first(size));
        const auto answer = http.perform({.method = "PUT", .url = server.url(), .body = &source});
        REQUIRE(answer);
        const auto seen = server.requests().back();
        CHECK(seen.begins_with("PUT / "));
        CHECK(!seen.has("Expect"));
        CHECK(seen.has("Content-Length: " + std::to_string(size) + "\r\n"));
        CHECK(util::equal(util::as_bytes(seen.body), source.size() == 0
                                                         ? util::BytesView()
                                                         : util::BytesView(bytes).first(size)));
    }
    const BrokenSource broken;
    const auto failed = http.perform({.method = "PUT", .url = server.url(), .body = &broken});
    REQUIRE(!failed);
    CHECK(failed.error().message() == "the spool is gone");
    CHECK(!failed.error().may_retry());
}

TEST_CASE("no more is read than is allowed") {
    const CannedServer server(
        [](const auto& request) {
            if (request.has("/told"))
                return CannedServer::answer("200 OK", std::string(100'000, 'x'));
            return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n" +
                   std::string(100'000, 'x') + "\r\n0\r\n\r\n";
        },
        CannedServer::After::close);
    HttpClient http = client();
    for (const char* path : {"/told", "/untold"}) {
        const auto large = http.perform({.url = server.url() + path, .most = 99'999});
        REQUIRE(large);
        CHECK(large->is_too_large);
        CHECK(large->body.size() <= 99'999);
        const auto fitting = http.perform({.url = server.url() + path, .most = 100'000});
        REQUIRE(fitting);
        CHECK(!fitting->is_too_large);
        CHECK(fitting->body.size() == 100'000);
        util::Bytes into(50'000);
        CHECK(http.perform({.url = server.url() + path, .into = into})->is_too_large);
    }
}

TEST_CASE("a long refusal is cut, and is one") {
    CannedServer server([](const auto&) {
        return CannedServer::answer("503 Slow Down", std::string(1'000'000, 'x'));
    });
    util::Bytes into(10);
    const auto answer = client().perform({.url = server.url(), .most = 5, .into = into});
    REQUIRE(answer);
    CHECK(answer->status == 503);
    CHECK(answer->body.size() == 64 << 10);
    CHECK(into == util::Bytes(10));
}

TEST_CASE("an answer that is cut short is an error, wherever it is cut") {
    const std::string told = CannedServer::answer("200 OK", "0123456789", "A: b\r\n");
    const std::string chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r";
    // Without a length its end may be a cut.
    const std::string untold = "HTTP/1.1 200 OK\r\n\r\nabc";
    for (const std::string& whole : {told, chunked, untold + "d"})
        for (std::size_t cut = 0; cut < whole.size(); ++cut) {
            CAPTURE(whole);
            CAPTURE(cut);
            const CannedServer server([&](const auto&) { return whole.substr(0, cut); },
                                      CannedServer::After::close);
            CHECK(is_lost(client().perform({.url = server.url()})));
        }
}

TEST_CASE("redirects are answers, not orders") {
    CannedServer other([](const auto&) { return CannedServer::answer("200 OK", "stolen"); });
    CannedServer server([&](const auto&) {
        return CannedServer::answer("307 Temporary Redirect", "",
                                    "Location: " + other.url() + "/x\r\n");
    });
    const auto answer =
        client().perform({.url = server.url(), .headers = {{"Authorization", "secret"}}});
    REQUIRE(answer);
    CHECK(answer->status == 307);
    CHECK(other.connections() == 0);
}

TEST_CASE("a service that says nothing is given up, and so is one that a person has enough of") {
    CannedServer server([](const auto&) { return std::string(CannedServer::kHang); });
    HttpOptions patient;
    patient.stall_patience = 1s;
    const auto stalled = client(patient).perform({.url = server.url()});
    CHECK(is_lost(stalled));
    CHECK(stalled.error().message().find("stood still") != std::string::npos);

    std::stop_source stop;
    HttpOptions stoppable;
    stoppable.stop = stop.get_token();
    HttpClient http = client(stoppable);
    const std::jthread person([&] {
        while (server.requests().size() < 2)
            std::this_thread::yield();
        stop.request_stop();
    });
    const auto stopped = http.perform({.url = server.url()});
    REQUIRE(!stopped);
    CHECK(stopped.error().kind() == ErrorKind::interrupted);
    CHECK(http.perform({.url = server.url()}).error().kind() == ErrorKind::interrupted);
}

TEST_CASE("a kept connection that has died is made anew, and the answer says so") {
    int times = 0;
    CannedServer server([&](const auto&) {
        // The second request of a connection finds it dead.
        return ++times == 2 ? std::string() : CannedServer::answer("200 OK", "x");
    });
    HttpClient http = client();
    const MemorySource source(util::as_bytes("body"));
    const HttpRequest put{.method = "PUT", .url = server.url(), .body = &source};
    REQUIRE(http.perform(put));
    const auto again = http.perform(put);
    REQUIRE(again);
    CHECK(again->was_resent);
    CHECK(server.requests().back().body == "body");
}

TEST_CASE("who can't be reached is named, and how") {
    int port = 0;
    {
        const CannedServer gone([](const auto&) { return std::string(); });
        port = gone.port();
    }
    const auto refused = client().perform({.url = "http://127.0.0.1:" + std::to_string(port)});
    CHECK(is_lost(refused));
    CHECK(refused.error().message().find("nothing answers") != std::string::npos);
    CHECK(refused.error().message().find(std::to_string(port)) != std::string::npos);
    CHECK(!client().perform({.url = "file:///etc/passwd"}));
    const auto no_ca = client({.ca_file = "/no/such.pem"}).perform({.url = "https://127.0.0.1:1"});
    REQUIRE(!no_ca);

    CannedServer plain([](const auto&) { return CannedServer::answer("200 OK", ""); });
    const auto no_tls =
        client().perform({.url = "https://127.0.0.1:" + std::to_string(plain.port())});
    CHECK(!no_tls);
}

TEST_CASE("each fault has words of its own, and only what may pass is tried again") {
    const auto of = [](HttpFault fault, int system_code = 0, long verify_result = 0) {
        return http_error(fault, {.url = "https://h:1/secret?x",
                                  .detail = "d",
                                  .ca_file = "/ca",
                                  .system_code = system_code,
                                  .verify_result = verify_result});
    };
    for (const HttpFault fault : {HttpFault::unknown_host, HttpFault::no_connection,
                                  HttpFault::stalled, HttpFault::no_tls, HttpFault::broken_off}) {
        CHECK(of(fault).may_retry());
        CHECK(of(fault).message().starts_with("https://h:1: "));
    }
    for (const HttpFault fault : {HttpFault::bad_certificate, HttpFault::bad_ca_file,
                                  HttpFault::bad_url, HttpFault::no_memory})
        CHECK(!of(fault).may_retry());
    for (const char* url : {"https://h:1?key=secret", "https://h:1#secret", "https://h:1/?secret"})
        CHECK(http_error(HttpFault::no_connection, {.url = url, .detail = {}, .ca_file = {}})
                  .message()
                  .starts_with("https://h:1: "));
    CHECK(of(HttpFault::bad_certificate, 0, 10).message().find("expired") != std::string::npos);
    CHECK(of(HttpFault::bad_certificate, 0, 9).message().find("clock") != std::string::npos);
    CHECK(of(HttpFault::bad_certificate, 0, 20).message().find("AWS_CA_BUNDLE") !=
          std::string::npos);
}
