// SPDX-License-Identifier: Apache-2.0
#include "store/sftp.hpp"

#include "store/probe.hpp"
#include "store/sftp_ssh.hpp"

#include "fake_sftp.hpp"
#include "random_bytes.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stop_token>
#include <thread>

namespace saoluu::test {
namespace {

using store::MissingFolder;
using store::Put;

std::unique_ptr<store::Store> open(FakeSftp& server, const Reach& reach = {}) {
    auto store = store::open_sftp_store(server.place(), reach, MissingFolder::refuse);
    REQUIRE(store);
    return *std::move(store);
}

std::string number(std::uint32_t v) {
    return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8),
            static_cast<char>(v)};
}

} // namespace

TEST_CASE("an SFTP server that overwrites on rename is found out, and links serve in its place") {
    FakeSftp server;
    server.ways.rename_overwrites = true;
    server.ways.has_hardlink = true;
    const auto store = open(server);
    const auto facts = store::probe(*store);
    REQUIRE(facts);
    CHECK(facts->at("rename") == "overwrites");
    CHECK(facts->at("exclusive-create") == "yes");
    CHECK(*store->put("a/b", util::as_bytes("one")) == Put::created);
    CHECK(*store->put("a/b", util::as_bytes("two")) == Put::exists);
    CHECK(util::as_text(*store->get("a/b", 9)) == "one");
}

TEST_CASE(
    "an SFTP server that has no way to refuse a name is looked at before, and said to be so") {
    FakeSftp server;
    server.ways.rename_overwrites = true;
    const auto store = open(server);
    const auto facts = store::probe(*store);
    REQUIRE(facts);
    CHECK(facts->at("exclusive-create") == "no");
    CHECK(!store->nature().creates_exclusively);
    CHECK(*store->put("a", util::as_bytes("one")) == Put::created);
    CHECK(*store->put("a", util::as_bytes("two")) == Put::exists);
    CHECK(util::as_text(*store->get("a", 9)) == "one");
}

TEST_CASE("answers of an SFTP server count in any order, and in halves") {
    FakeSftp server;
    server.ways.answers_backwards = true;
    server.ways.gives_half = true;
    const auto store = open(server);
    const util::Bytes bytes = random_bytes(3'000'001, 1);
    REQUIRE(*store->put("packs/a", bytes) == Put::created);
    CHECK(util::equal(*store->get("packs/a", 4'000'000), bytes));
    util::Bytes part(2'000'000);
    REQUIRE(store->read("packs/a", 999'999, part));
    CHECK(util::equal(part, util::BytesView(bytes).subspan(999'999, part.size())));
}

TEST_CASE("a connection cut at any request leaves an SFTP store with the whole object or none") {
    const util::Bytes bytes = random_bytes(100'000, 1);
    long needed = 0;
    for (long cut = 1;; ++cut) {
        CAPTURE(cut);
        FakeSftp server;
        const auto store = open(server);
        server.requests = 0;
        server.ways.cut_after = cut;
        const auto put = store->put("packs/ab/cd", bytes);
        const auto visible = server.visible();
        REQUIRE(visible.size() <= 1);
        if (!visible.empty())
            CHECK(server.files[visible[0]]->bytes == util::as_text(bytes));
        if (put) {
            CHECK(visible.size() == 1);
            needed = cut;
            break;
        }
        CHECK(put.error().kind() == ErrorKind::io);
        CHECK(put.error().may_retry());
        // The server is back: the same store goes on by itself.
        server.ways.cut_after = -1;
        const auto again = store->put("packs/ab/cd", bytes);
        REQUIRE(again);
        CHECK(util::equal(*store->get("packs/ab/cd", 100'000), bytes));
    }
    CHECK(needed > 10);
}

TEST_CASE("a listing of an SFTP server that is cut is an error at every request, never short") {
    for (long cut = 0;; ++cut) {
        CAPTURE(cut);
        FakeSftp server;
        for (const char* folder : {"/r/a", "/r/b", "/r/tmp"})
            server.folders.insert(folder);
        for (int i = 0; i < 9; ++i)
            server.files["/r/a/" + std::to_string(i)] = std::make_shared<FakeSftp::File>();
        server.files["/r/b/x"] = std::make_shared<FakeSftp::File>();
        server.files["/r/tmp/x"] = std::make_shared<FakeSftp::File>();
        const auto store = open(server);
        server.requests = 0;
        server.ways.cut_after = cut;
        std::vector<std::string> names;
        const auto listed = store->list("", "", [&](const store::ObjectInfo& info) {
            names.push_back(info.name);
            return true;
        });
        CHECK(std::is_sorted(names.begin(), names.end()));
        if (listed) {
            CHECK(names.size() == 10);
            CHECK(cut > 10);
            break;
        }
        CHECK(listed.error().may_retry());
    }
}

TEST_CASE("what no SFTP server may send is an error, and memory stays small") {
    const std::string huge = number(0xffffffff) + "abcdefgh";
    const std::string empty = number(0);
    const std::string foreign = number(9) + "\x65" + number(99999) + number(0);
    const std::string odd = number(5) + "\x01" + number(3);
    const std::string long_string = number(9) + "g" + number(3) + number(0xfffffff0);
    for (const std::string& garbage : {huge, empty, foreign, odd, long_string, std::string("xyz")})
        for (long at = 0; at < 3; ++at) {
            CAPTURE(at);
            FakeSftp server;
            server.files["/r/a"] = std::make_shared<FakeSftp::File>();
            server.files["/r/a"]->bytes = std::string(10, 'x');
            server.ways.garbage_at = at + 1;
            server.ways.garbage = garbage;
            const auto store = open(server);
            const auto got = store->get("a", 100);
            REQUIRE(!got);
            CHECK(got.error().kind() == ErrorKind::io);
            CHECK(got.error().may_retry());
        }
}

TEST_CASE("an account whose start files print something is told from an SFTP server") {
    FakeSftp server;
    server.ways.hello = "Welcome to the NAS!\n";
    const auto store = store::open_sftp_store(server.place(), {}, MissingFolder::refuse);
    REQUIRE(!store);
    CHECK(store.error().kind() == ErrorKind::unsupported);
    CHECK(store.error().message().find("Welcome to the NAS!") != std::string::npos);
    CHECK(!store.error().may_retry());
}

TEST_CASE("waiting for an SFTP server ends within a second of the wish to stop") {
    FakeSftp server;
    std::stop_source stop;
    store::SftpPlace place = server.place();
    place.connect = [&] { return server.connect(stop.get_token()); };
    server.ways.never_answers = true;
    const std::jthread other([&] {
        while (server.requests == 0)
            std::this_thread::yield();
        stop.request_stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    const auto store = store::open_sftp_store(std::move(place), {}, MissingFolder::refuse);
    REQUIRE(!store);
    CHECK(store.error().kind() == ErrorKind::interrupted);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

TEST_CASE("a full disk of an SFTP server is told from other failures") {
    FakeSftp server;
    server.ways.disk_is_full = true;
    const auto store = open(server);
    const auto put = store->put("a", random_bytes(100'000, 1));
    REQUIRE(!put);
    CHECK(put.error().kind() == ErrorKind::no_space);
    CHECK(server.visible().empty());
    server.ways.disk_is_full = false; // the connection is still good, and so is the store
    CHECK(store->put("a", random_bytes(100'000, 1)));
}

TEST_CASE(
    "an SFTP server that keeps less than it was given is found out before the name is given") {
    FakeSftp server;
    server.ways.keeps_less = true;
    const auto store = open(server);
    const auto put = store->put("a", random_bytes(100'000, 1));
    REQUIRE(!put);
    CHECK(server.visible().empty());
}

TEST_CASE("an SFTP server that falls silent is given up") {
    FakeSftp server;
    server.ways.is_silent = true;
    const auto store = store::open_sftp_store(server.place(), {}, MissingFolder::refuse);
    REQUIRE(!store);
    CHECK(store.error().may_retry());
    CHECK(store.error().message().find("silent") != std::string::npos);
}

TEST_CASE("what ssh says becomes an error with the next step") {
    using store::sftp::explain_ssh;
    const auto kind = [](const char* said) { return explain_ssh("s", said, false).kind(); };
    CHECK(kind("u@h: Permission denied (publickey).\r\n") == ErrorKind::denied);
    CHECK(kind("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @") == ErrorKind::denied);
    CHECK(kind("subsystem request failed on channel 0\r\n") == ErrorKind::unsupported);
    CHECK(kind("ssh: Could not resolve hostname x: Name or service not known") == ErrorKind::io);
    const Error lost = explain_ssh("s", "first\r\nTimeout, server h not responding.\r\n", true);
    CHECK(lost.may_retry());
    CHECK(lost.message() == "s: the connection was lost: Timeout, server h not responding.");
    CHECK(explain_ssh("s", "", false).message() == "s: the server ended the connection at once");
}

TEST_CASE("ssh is run without a shell, a terminal, forwarding or questions") {
    const auto ssh =
        store::sftp::Ssh::make({.user = "u", .host = "h", .port = 22, .path = "/x"}, {});
    REQUIRE(ssh);
    const auto& words = ssh->command();
    CHECK(words.front() == "ssh");
    for (const char* word : {"-T", "-oBatchMode=yes", "-oStrictHostKeyChecking=yes",
                             "-oForwardAgent=no", "-oClearAllForwardings=yes"})
        CHECK(std::find(words.begin(), words.end(), word) != words.end());
    const std::vector<std::string> end(words.end() - 4, words.end());
    CHECK(end == std::vector<std::string>{"-s", "--", "h", "sftp"});
}

} // namespace saoluu::test
