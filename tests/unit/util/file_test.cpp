// SPDX-License-Identifier: Apache-2.0
#include "util/file.hpp"

#include "random_bytes.hpp"
#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

using namespace saoluu;
using util::Bytes;
using util::Fd;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

template <class T>
bool is(const Result<T>& result, ErrorKind kind) {
    return !result && result.error().kind() == kind;
}

std::size_t files_in(const std::string& folder) {
    const fs::directory_iterator all(folder);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) != -1;
}

const Bytes kOld = test::random_bytes(5'000, 1);
const Bytes kNew = test::random_bytes(3'000, 2);

} // namespace

TEST_CASE("a descriptor is closed once, by its last owner") {
    int number = -1;
    {
        Fd first = *util::open_path("/dev/null", O_RDONLY);
        number = first.get();
        Fd second = std::move(first);
        CHECK(second.get() == number);
        CHECK(is_open(number));
        Fd third = *util::open_path("/dev/null", O_RDONLY);
        const int other = third.get();
        third = std::move(second);
        CHECK_FALSE(is_open(other));
        CHECK(third.get() == number);
    }
    CHECK_FALSE(is_open(number));
    CHECK_FALSE(Fd().is_open());

    Fd released = *util::open_path("/dev/null", O_RDONLY);
    const int mine = released.release();
    CHECK_FALSE(released.is_open());
    CHECK(is_open(mine));
    CHECK(::close(mine) == 0);

    Fd closed = *util::open_path("/dev/null", O_RDONLY);
    CHECK(closed.close("x"));
    CHECK_FALSE(closed.is_open());
    CHECK_FALSE(Fd().close("x"));
}

TEST_CASE("descriptors are not handed on to other programs") {
    const Fd fd = *util::open_path("/dev/null", O_RDONLY);
    CHECK((::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a whole file is read, up to the limit") {
    const test::ScratchFolder scratch;
    for (const std::size_t size : {0UL, 1UL, 4096UL, 100'000UL}) {
        CAPTURE(size);
        const Bytes bytes = test::random_bytes(size, size);
        REQUIRE(util::write_file_durably(scratch / "f", bytes, 0600));
        CHECK(*util::read_file(scratch / "f", size) == bytes);
        CHECK(*util::read_file(scratch / "f", size + 1) == bytes);
        CHECK(*util::read_file(scratch / "f", SIZE_MAX) == bytes);
        if (size > 0)
            CHECK(is(util::read_file(scratch / "f", size - 1), ErrorKind::corrupt));
    }
}

TEST_CASE("what is no common file is read to its end as well") {
    const auto status = util::read_file("/proc/self/status", 100'000); // says that it has 0 bytes
    REQUIRE(status);
    CHECK(util::as_text(*status).find("VmRSS") != std::string_view::npos);
    CHECK(is(util::read_file("/proc/self/status", 10), ErrorKind::corrupt));
    CHECK(is(util::read_file("/dev/zero", 100'000), ErrorKind::corrupt));

    const test::ScratchFolder scratch;
    REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
    const std::jthread writer([&] {
        const Fd pipe = *util::open_path(scratch / "pipe", O_WRONLY);
        (void)util::write_all(pipe.get(), kOld, "pipe");
    });
    CHECK(*util::read_file(scratch / "pipe", 10'000) == kOld);
}

TEST_CASE("what can't be read is told by name") {
    const test::ScratchFolder scratch;
    const auto missing = util::read_file(scratch / "no\nfile", 10);
    CHECK(is(missing, ErrorKind::not_found));
    CHECK(missing.error().message().find("no\\nfile") != std::string::npos);
    CHECK_FALSE(util::read_file(scratch.path(), 10));
}

TEST_CASE("parts of a file are read up to its end") {
    const test::ScratchFolder scratch;
    REQUIRE(util::write_file_durably(scratch / "f", kOld, 0600));
    const Fd fd = *util::open_path(scratch / "f", O_RDONLY);
    Bytes out(1'000);
    CHECK(*util::read_some_at(fd.get(), 4'500, out, "f") == 500);
    CHECK(util::equal(util::BytesView(out).first(500), util::BytesView(kOld).subspan(4'500)));
    CHECK(*util::read_some_at(fd.get(), 9'000, out, "f") == 0);
    CHECK(*util::read_some(fd.get(), out, "f") == 1'000);
    CHECK(util::equal(out, util::BytesView(kOld).first(1'000)));
    CHECK_FALSE(util::write_all(fd.get(), out, "f")); // is open for reading only
}

TEST_CASE("a file is replaced whole and leaves nothing beside it") {
    const test::ScratchFolder scratch;
    REQUIRE(util::write_file_durably(scratch / "f", kOld, 0600));
    REQUIRE(util::write_file_durably(scratch / "f", kNew, 0640));
    CHECK(*util::read_file(scratch / "f", 10'000) == kNew);
    CHECK(files_in(scratch.path()) == 1);
    struct stat info {};
    REQUIRE(::stat((scratch / "f").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0640);
}

TEST_CASE("readers of a file that is replaced see the old or the new, whole") {
    const test::ScratchFolder scratch;
    REQUIRE(util::write_file_durably(scratch / "f", kOld, 0600));
    std::atomic<bool> is_done = false;
    int wrong = 0;
    std::thread reader([&] {
        while (!is_done) {
            const auto seen = util::read_file(scratch / "f", 10'000);
            wrong += seen && (*seen == kOld || *seen == kNew) ? 0 : 1;
        }
    });
    for (int i = 0; i < 50; ++i)
        CHECK(util::write_file_durably(scratch / "f", i % 2 == 0 ? kNew : kOld, 0600));
    is_done = true;
    reader.join();
    CHECK(wrong == 0);
}

TEST_CASE("a file that can't be replaced stays, and leaves nothing beside it") {
    const test::ScratchFolder scratch;
    fs::create_directories(scratch / "taken/inside");
    CHECK_FALSE(util::write_file_durably(scratch / "taken", kNew, 0600));
    CHECK(files_in(scratch.path()) == 1);
    CHECK(
        is(util::write_file_durably(scratch / "no/such/folder", kNew, 0600), ErrorKind::not_found));
}

TEST_CASE("a new file is made once") {
    const test::ScratchFolder scratch;
    REQUIRE(util::create_file_durably(scratch / "key", kOld, 0600));
    CHECK(is(util::create_file_durably(scratch / "key", kNew, 0600), ErrorKind::exists));
    CHECK(*util::read_file(scratch / "key", 10'000) == kOld);
    CHECK(files_in(scratch.path()) == 1);

    fs::create_symlink(scratch / "elsewhere", scratch / "link");
    CHECK(is(util::create_file_durably(scratch / "link", kNew, 0600), ErrorKind::exists));
    CHECK_FALSE(fs::exists(scratch / "elsewhere"));
}

TEST_CASE("of many that make a file one wins") {
    const test::ScratchFolder scratch;
    std::atomic<int> made = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                if (util::create_file_durably(scratch / "key", kOld, 0600))
                    ++made;
            });
    }
    CHECK(made == 1);
    CHECK(files_in(scratch.path()) == 1);
}

TEST_CASE("folders are made with those above them") {
    const test::ScratchFolder scratch;
    CHECK(util::make_folders(scratch / "a/b/c", 0700));
    CHECK(util::make_folders(scratch / "a/b/c", 0700));
    CHECK(fs::is_directory(scratch / "a/b/c"));
    REQUIRE(util::write_file_durably(scratch / "file", kOld, 0600));
    CHECK(is(util::make_folders(scratch / "file", 0700), ErrorKind::not_found));
    CHECK_FALSE(util::make_folders(scratch / "file/below", 0700));
    CHECK(util::make_folders("/", 0700));
    CHECK(util::sync_folder(scratch / "a"));
    CHECK(is(util::sync_folder(scratch / "none"), ErrorKind::not_found));
}

TEST_CASE("paths are put together and taken apart") {
    CHECK(util::join("a", "b") == "a/b");
    CHECK(util::join("a/", "b") == "a/b");
    CHECK(util::join("/", "b") == "/b");
    CHECK(util::join("", "b") == "b");
    CHECK(util::parent_of("a/b") == "a");
    CHECK(util::parent_of("a/b/") == "a");
    CHECK(util::parent_of("/a") == "/");
    CHECK(util::parent_of("/") == "/");
    CHECK(util::parent_of("a") == ".");
    CHECK(util::parent_of("") == ".");
}

TEST_CASE("a lock is held by one at a time") {
    const test::ScratchFolder scratch;
    int inside = 0; // not atomic: the lock is what keeps the threads apart
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        std::atomic<int> at_once = 0;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] {
                for (int round = 0; round < 50; ++round) {
                    const auto lock = util::FileLock::acquire(scratch / "lock");
                    if (!lock || ++at_once != 1)
                        ++wrong;
                    ++inside;
                    --at_once;
                }
            });
        threads.clear();
    }
    CHECK(wrong == 0);
    CHECK(inside == 200);
}

TEST_CASE("who waits for a lock longer than his patience is told of it, and may try again") {
    const test::ScratchFolder scratch;
    const std::string path = scratch / "held\nlock";
    auto held = util::FileLock::acquire(path);
    REQUIRE(held);
    for (const std::chrono::milliseconds patience : {0ms, 70ms}) {
        const auto begin = std::chrono::steady_clock::now();
        const auto refused = util::FileLock::acquire(path, patience);
        REQUIRE_FALSE(refused);
        CHECK(std::chrono::steady_clock::now() - begin >= patience);
        CHECK(refused.error().kind() == ErrorKind::io);
        CHECK(refused.error().may_retry());
        CHECK(refused.error().message().find("/held\\nlock") != std::string::npos);
        CHECK(refused.error().message().find("another process") != std::string::npos);
    }
    { const util::FileLock released = *std::move(held); }
    CHECK(util::FileLock::acquire(path, 0ms));
}

TEST_CASE("who waits for a lock has it as soon as it is free") {
    const test::ScratchFolder scratch;
    std::optional<util::FileLock> held = *util::FileLock::acquire(scratch / "lock");
    std::jthread other([&] { held.reset(); });
    CHECK(util::FileLock::acquire(scratch / "lock", 1min));
}

TEST_CASE("a path lies in a folder by inodes, whatever its name, and though it is missing yet") {
    const test::ScratchFolder scratch;
    fs::create_directories(scratch / "folder/below");
    fs::create_directories(scratch / "other");
    fs::create_symlink(scratch / "folder/below", scratch / "link");
    fs::create_symlink(scratch / "other", scratch / "folder/out");
    REQUIRE(util::create_file_durably(scratch / "folder/file", kNew, 0600));
    const std::string folder = scratch / "folder";
    for (const char* inside : {"folder", "folder/below", "folder/below/../below", "folder/file",
                               "folder/not/yet", "link", "link/not/yet", "other/../folder"})
        CHECK_MESSAGE(util::is_inside(scratch / inside, folder), inside);
    for (const char* outside : {"", "other", "other/not/yet", "folder/out", "nowhere"})
        CHECK_MESSAGE(!util::is_inside(scratch / outside, folder), outside);
    CHECK(!util::is_inside(scratch / "other", scratch / "nowhere"));
    CHECK(!util::is_inside("/", folder));
}
