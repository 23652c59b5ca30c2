// SPDX-License-Identifier: Apache-2.0
#include "service/control.hpp"
#include "service/job_lock.hpp"
#include "service/systemd.hpp"

#include "scratch_folder.hpp"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace saoluu;
using namespace saoluu::service;
using test::ScratchFolder;

namespace {

/// Serves until it goes.
class Serving {
public:
    explicit Serving(ControlServer& server)
        : thread_([this, &server] {
              while (!is_over_) {
                  std::vector<pollfd> fds;
                  server.waits_for(fds);
                  (void)::poll(fds.data(), fds.size(), 20);
                  server.serve([](const std::string& line) { return "you said " + line; });
              }
          }) {}
    ~Serving() {
        is_over_ = true;
        thread_.join();
    }

private:
    std::atomic<bool> is_over_ = false;
    std::thread thread_;
};

} // namespace

TEST_CASE("a daemon answers, nobody else may ask, and its socket goes with it") {
    const ScratchFolder folder;
    const std::string path = control_path(folder.path());
    CHECK(ask_control(path, "x").error().kind() == ErrorKind::not_found);
    {
        auto server = ControlServer::listen(path);
        REQUIRE(server);
        struct stat facts {};
        REQUIRE(::stat(path.c_str(), &facts) == 0);
        CHECK((facts.st_mode & 0777) == 0600);
        const Serving serving(*server);
        for (int i = 0; i < 40; ++i)
            CHECK(ask_control(path, "chào").value() == "you said chào");
    }
    CHECK(::access(path.c_str(), F_OK) != 0);
    CHECK(ask_control(path, "x").error().kind() == ErrorKind::not_found);
}

TEST_CASE("who says nothing, or too much, does not keep others from being answered") {
    const ScratchFolder folder;
    const std::string path = control_path(folder.path());
    auto server = ControlServer::listen(path);
    REQUIRE(server);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const auto open = [&] {
        util::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
        return fd;
    };
    const util::Fd silent = open();
    const util::Fd loud = open();
    const Serving serving(*server);
    const std::string much(200'000, 'x');
    (void)::send(loud.get(), much.data(), much.size(), MSG_NOSIGNAL);
    CHECK(ask_control(path, "a").value() == "you said a");
}

TEST_CASE("a socket that a killed daemon left is no hindrance") {
    const ScratchFolder folder;
    const std::string path = control_path(folder.path());
    const util::Fd left(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(left.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    CHECK(ask_control(path, "x").error().kind() == ErrorKind::not_found);
    CHECK(ControlServer::listen(path));
}

TEST_CASE("a path that is too long for a socket is told") {
    const auto server = ControlServer::listen("/" + std::string(200, 'x'));
    REQUIRE_FALSE(server);
    CHECK(server.error().message().find("at most 107 bytes") != std::string::npos);
}

TEST_CASE("the lock of a job is one, and asking for it takes it from nobody") {
    const ScratchFolder folder;
    CHECK_FALSE(JobLock::is_held(folder.path(), "a"));
    {
        const auto lock = JobLock::take(folder.path(), "a");
        REQUIRE(lock);
        CHECK(JobLock::is_held(folder.path(), "a"));
        CHECK_FALSE(JobLock::is_held(folder.path(), "b"));
        const auto second = JobLock::take(folder.path(), "a");
        REQUIRE_FALSE(second);
        CHECK(second.error().kind() == ErrorKind::exists);
        CHECK(second.error().message() == "job a: it is running already, in another process");
    }
    CHECK_FALSE(JobLock::is_held(folder.path(), "a"));
    CHECK(JobLock::take(folder.path(), "a"));
}

TEST_CASE("systemd is told by datagrams, and nobody where there is none") {
    const ScratchFolder folder;
    const std::string path = folder / "notify";
    const util::Fd listener(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const auto heard = [&] {
        char text[256];
        const ssize_t got = ::recv(listener.get(), text, sizeof text, MSG_DONTWAIT);
        return got < 0 ? std::string("nothing") : std::string(text, static_cast<std::size_t>(got));
    };
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "30000000", 1);
    SystemdNotifier systemd;
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    CHECK(systemd.watchdog() == std::chrono::seconds(30));
    systemd.ready();
    CHECK(heard() == "READY=1");
    systemd.status("two\nlines");
    CHECK(heard() == "STATUS=two lines");
    systemd.status("two\nlines");
    CHECK(heard() == "nothing");
    systemd.reloading();
    CHECK(heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    const SystemdNotifier alone;
    CHECK_FALSE(alone.watchdog().has_value());
    alone.ready();
    CHECK(heard() == "nothing");
}
