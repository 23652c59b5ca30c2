// SPDX-License-Identifier: Apache-2.0
#include "service/hooks.hpp"

#include "scratch_folder.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <doctest/doctest.h>

using namespace saoluu;
using namespace saoluu::service;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::ScratchFolder;
using End = HookOutcome::End;

namespace {

HookOutcome run(const std::string& script, const HookLimits& limits = {},
                const Environment& environment = {}) {
    return run_hook({"sh", "-c", script}, environment, limits, {});
}

/// What a hook wrote of itself: its process, and whether that still runs.
bool runs(const std::string& file) {
    std::ifstream in(file);
    pid_t pid = 0;
    REQUIRE(static_cast<bool>(in >> pid));
    for (int look = 0; look < 300; ++look) { // init has to reap it
        std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
        std::string text;
        std::getline(stat, text);
        if (text.empty() || text.find(") Z") != std::string::npos)
            return false;
        std::this_thread::sleep_for(milliseconds(10));
    }
    return true;
}

void wait_for_file(const std::string& path) {
    while (!std::filesystem::exists(path))
        std::this_thread::sleep_for(milliseconds(5));
}

/// A line of a script that writes a process's number at once or not at all.
std::string note(const std::string& pid, const std::string& file) {
    return "echo " + pid + " > " + file + ".new; mv " + file + ".new " + file + "; ";
}

} // namespace

TEST_CASE("a hook's status and what it wrote to both outputs come back") {
    const HookOutcome good = run("echo one; echo two >&2");
    CHECK(good.is_success());
    CHECK(good.output.find("one\n") != std::string::npos);
    CHECK(good.output.find("two\n") != std::string::npos);
    CHECK(good.seconds >= 0);
    const HookOutcome bad = run("echo half; exit 7");
    CHECK_FALSE(bad.is_success());
    CHECK(bad.end == End::by_itself);
    CHECK(bad.status->code == 7);
    CHECK(describe(bad) == "it ended with exit status 7; it said: half");
    const HookOutcome killed = run("kill -9 $$");
    CHECK_FALSE(killed.is_success());
    CHECK(killed.status->signal == 9);
    CHECK(describe(killed) == "signal 9 ended it");
    CHECK(describe(run("printf 'a\\033[2Jb\\n\\nc' >&2; exit 1")) ==
          "it ended with exit status 1; it said: a\\x1b[2Jb; c");
}

TEST_CASE("a program that is not there is no hook that failed by itself") {
    const HookOutcome outcome = run_hook({"/no/such program", "x"}, {}, {}, {});
    CHECK(outcome.end == End::not_started);
    CHECK_FALSE(outcome.is_success());
    CHECK(describe(outcome).find("/no/such program") != std::string::npos);
}

TEST_CASE("no shell sees a hook's words, and nothing is at its standard input") {
    CHECK(run_hook({"echo", "$(id)", "a  b;", "*"}, {}, {}, {}).output == "$(id) a  b; *\n");
    CHECK(run("cat; echo end").output == "end\n");
}

TEST_CASE("only the end of what a hook writes is kept, and writing much does not hold it") {
    const HookOutcome outcome = run("head -c 20000000 /dev/zero | tr '\\0' x; echo; echo the end");
    CHECK(outcome.is_success());
    CHECK(outcome.output.size() == 4096);
    CHECK(outcome.output.ends_with("the end\n"));
}

TEST_CASE("a hook that takes too long is asked to end, with all that it started") {
    const ScratchFolder folder;
    const std::string child = folder / "child", said = folder / "said";
    const HookOutcome outcome =
        run("trap 'echo > " + said + "; exit 0' TERM; sh -c '" + note("$$", child) +
                "sleep 100' & echo begun; while :; do sleep 0.05; done",
            {.timeout = milliseconds(1500)});
    CHECK(outcome.end == End::timed_out);
    CHECK_FALSE(outcome.is_success());            // whatever it returned then
    CHECK(outcome.output.starts_with("begun\n")); // a shell may tell of its child
    CHECK(std::filesystem::exists(said));
    CHECK(outcome.seconds < 10);
    CHECK_FALSE(runs(child));
    CHECK(describe(outcome).find("seconds, and was ended") != std::string::npos);
}

TEST_CASE("a hook that does not end when it is asked to is killed") {
    const ScratchFolder folder;
    const std::string self = folder / "self";
    const HookOutcome outcome =
        run("trap '' TERM; " + note("$$", self) + "while :; do sleep 0.05; done",
            {.timeout = milliseconds(500), .grace = milliseconds(300)});
    CHECK(outcome.end == End::timed_out);
    CHECK(outcome.seconds < 10);
    CHECK_FALSE(runs(self));
}

TEST_CASE("a hook ends soon when we are to stop, also one that would not") {
    const ScratchFolder folder;
    const std::string self = folder / "self";
    std::stop_source stop;
    const std::jthread stopper([&] {
        wait_for_file(self);
        stop.request_stop();
    });
    const HookOutcome outcome =
        run_hook({"sh", "-c", "trap '' TERM; " + note("$$", self) + "while :; do sleep 0.05; done"},
                 {}, {.timeout = seconds(60), .grace = milliseconds(200)}, stop.get_token());
    CHECK(outcome.end == End::stopped);
    CHECK(outcome.seconds < 20);
    CHECK_FALSE(runs(self));
    // And before it has begun to do anything.
    const HookOutcome none = run_hook({"sleep", "100"}, {}, {}, stop.get_token());
    CHECK(none.end == End::stopped);
    CHECK(none.seconds < 20);
}

TEST_CASE("what a hook leaves running does not hold us, and ends with it") {
    const ScratchFolder folder;
    const std::string child = folder / "child";
    const HookOutcome outcome =
        run("sh -c '" + note("$$", child) + "sleep 100' & while ! test -e " + child +
            "; do sleep 0.01; done");
    CHECK(outcome.is_success());
    CHECK(outcome.seconds < 20);
    CHECK_FALSE(runs(child));
}

TEST_CASE("a hook with both outputs closed is waited for") {
    const ScratchFolder folder;
    const HookOutcome outcome =
        run("exec >/dev/null 2>&1; sleep 0.3; echo done > " + (folder / "done") + "; exit 5");
    CHECK(outcome.status->code == 5);
    CHECK(std::filesystem::exists(folder / "done"));
}

TEST_CASE("a hook is told the facts, and no credential of ours") {
    for (const char* name : {"SAOLUU_PASSPHRASE", "SAOLUU_PASSPHRASE_FILE", "AWS_SECRET_ACCESS_KEY",
                             "SAOLUU_ERROR"}) // of ours, and none of this run
        ::setenv(name, "rat-bi-mat", 1);
    ::setenv("KEPT", "yes", 1);
    const Environment environment = environment_of({.hook = HookKind::after,
                                                    .job = "vanphong",
                                                    .stores = {"nas", "cloud"},
                                                    .outcome = "incomplete",
                                                    .snapshot = "3f9a",
                                                    .error = {}});
    const HookOutcome outcome = run("env | grep -E 'SAOLUU|AWS|KEPT' | sort", {}, environment);
    for (const char* name : {"SAOLUU_PASSPHRASE", "SAOLUU_PASSPHRASE_FILE", "AWS_SECRET_ACCESS_KEY",
                             "SAOLUU_ERROR", "KEPT"})
        ::unsetenv(name);
    CHECK(outcome.output.find("rat-bi-mat") == std::string::npos);
    for (const char* line :
         {"KEPT=yes\n", "SAOLUU_HOOK=after\n", "SAOLUU_JOB=vanphong\n",
          "SAOLUU_OUTCOME=incomplete\n", "SAOLUU_SNAPSHOT=3f9a\n", "SAOLUU_STORES=nas cloud\n"})
        CHECK_MESSAGE(outcome.output.find(line) != std::string::npos, outcome.output);
}
