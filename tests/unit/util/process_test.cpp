// SPDX-License-Identifier: Apache-2.0
#include "util/process.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <string>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

using saoluu::util::ExitStatus;
using saoluu::util::Process;
using saoluu::util::ProcessOptions;
using std::chrono::seconds;

namespace {

/// All that it writes to standard output.
std::string output_of(Process& process) {
    std::string all;
    std::array<char, 512> piece{};
    for (;;) {
        pollfd waits{process.out().get(), POLLIN, 0};
        REQUIRE(::poll(&waits, 1, 30'000) == 1);
        const ssize_t got = ::read(process.out().get(), piece.data(), piece.size());
        if (got <= 0)
            return all;
        all.append(piece.data(), static_cast<std::size_t>(got));
    }
}

} // namespace

TEST_CASE("how a program ended is known, and stays known") {
    auto process = Process::start({"sh", "-c", "exit 7"});
    REQUIRE(process.has_value());
    const auto status = process->wait(seconds(30));
    REQUIRE(status.has_value());
    CHECK(status->code == 7);
    CHECK(status->signal == 0);
    CHECK_FALSE(status->is_success());
    Process moved = std::move(*process);
    CHECK(moved.ended()->code == 7);
}

TEST_CASE("a program that a signal ended is told from one that returned") {
    auto process = Process::start({"sh", "-c", "kill -9 $$"});
    REQUIRE(process.has_value());
    const auto status = process->wait(seconds(30));
    REQUIRE(status.has_value());
    CHECK(status->signal == SIGKILL);
}

TEST_CASE("a program that runs has not ended, until it is asked to") {
    auto process = Process::start({"sleep", "600"});
    REQUIRE(process.has_value());
    CHECK_FALSE(process->ended().has_value());
    CHECK_FALSE(process->wait(std::chrono::milliseconds(5)).has_value());
    process->ask_to_end();
    const auto status = process->wait(seconds(30));
    REQUIRE(status.has_value());
    CHECK(status->signal == SIGTERM);
}

TEST_CASE("variables of the environment are added, replaced and taken away") {
    REQUIRE(::setenv("SAOLUU_TEST_KEPT", "kept", 1) == 0);
    REQUIRE(::setenv("SAOLUU_TEST_GONE", "gone", 1) == 0);
    auto process = Process::start(
        {"sh", "-c", "echo $SAOLUU_TEST_KEPT,$SAOLUU_TEST_NEW,${SAOLUU_TEST_GONE-unset}"},
        ProcessOptions{
            .environment = {{"SAOLUU_TEST_NEW", "a=b"}, {"SAOLUU_TEST_GONE", std::nullopt}}});
    REQUIRE(process.has_value());
    CHECK(output_of(*process) == "kept,a=b,unset\n");
}

TEST_CASE("a program of low priority runs at one") {
    auto process = Process::start({"sh", "-c", "read line; nice; ionice"},
                                  ProcessOptions{.low_priority = true});
    REQUIRE(process.has_value());
    REQUIRE(::write(process->in().get(), "\n", 1) == 1);
    const int here = ::getpriority(PRIO_PROCESS, 0);
    CHECK(output_of(*process) == std::to_string(std::max(10, here)) + "\nbest-effort: prio 7\n");
}
