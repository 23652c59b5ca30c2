// SPDX-License-Identifier: Apache-2.0
#include "store/local.hpp"

#include "util/file.hpp"

#include "random_bytes.hpp"
#include "scratch_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

using namespace saoluu;
using store::MissingFolder;
using store::Put;
using store::Store;
using util::Bytes;
namespace fs = std::filesystem;

namespace {

const Bytes kSome = test::random_bytes(1000, 1);

std::unique_ptr<Store> open(const std::string& folder) {
    auto store = store::open_local_store(folder, MissingFolder::refuse);
    REQUIRE(store);
    return *std::move(store);
}

template <class T>
bool is(const Result<T>& result, ErrorKind kind) {
    return !result && result.error().kind() == kind;
}

std::size_t files_in(const std::string& folder) {
    if (!fs::exists(folder))
        return 0;
    const fs::directory_iterator all(folder);
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

unsigned mode_of(const std::string& path) {
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    return info.st_mode & 07777;
}

std::size_t open_descriptors() {
    return files_in("/proc/self/fd");
}

/// Runs `check` without root's rights where the tests have them: modes do not bind root.
template <class Check>
void as_nobody(const Check& check) {
    if (::geteuid() != 0)
        return check();
    REQUIRE(::seteuid(65534) == 0);
    check();
    REQUIRE(::seteuid(0) == 0);
}

} // namespace

TEST_CASE("a missing folder is no repository, and is named") {
    const test::ScratchFolder scratch;
    const auto store = store::open_local_store(scratch / "nas", MissingFolder::refuse);
    REQUIRE(is(store, ErrorKind::no_repository));
    CHECK(store.error().message().find(scratch / "nas") != std::string::npos);
    CHECK(store.error().message().find("init") != std::string::npos);
    CHECK_FALSE(fs::exists(scratch / "nas"));

    std::ofstream(scratch / "file") << "x";
    CHECK(is(store::open_local_store(scratch / "file", MissingFolder::refuse),
             ErrorKind::no_repository));
    CHECK_FALSE(store::open_local_store(scratch / "file", MissingFolder::create));
}

TEST_CASE("a folder is made where that is asked for, with those above it") {
    const test::ScratchFolder scratch;
    REQUIRE(store::open_local_store(scratch / "a/b/c", MissingFolder::create));
    CHECK(mode_of(scratch / "a/b/c") == 0700);
    CHECK(store::open_local_store(scratch / "a/b/c", MissingFolder::create));
}

TEST_CASE("objects are plain files under their names") {
    const test::ScratchFolder scratch;
    const auto store = open(scratch.path());
    REQUIRE(store->put("packs/ab/abcd", kSome));
    CHECK(*util::read_file(scratch / "packs/ab/abcd", 1000) == kSome);
    CHECK(files_in(scratch / "tmp") == 0);
}

TEST_CASE("modes follow the folder's own") {
    struct Case {
        mode_t root;
        unsigned file;
        unsigned folder;
    };
    const mode_t umask_before = ::umask(0);
    for (const mode_t mask : {mode_t{077}, mode_t{007}, mode_t{0}}) // none must matter
        for (const Case c : {Case{0700, 0600, 0700}, Case{0710, 0600, 0700}, Case{0750, 0640, 0750},
                             Case{0755, 0640, 0750}, Case{0770, 0660, 0770},
                             Case{02770, 0660, 02770}, Case{0777, 0660, 0770}}) {
            CAPTURE(mask);
            CAPTURE(c.root);
            ::umask(mask);
            const test::ScratchFolder scratch;
            REQUIRE(::chmod(scratch.path().c_str(), c.root) == 0);
            const auto store = open(scratch.path());
            REQUIRE(store->put("packs/ab/abcd", kSome));
            CHECK(mode_of(scratch / "packs/ab/abcd") == c.file);
            CHECK(mode_of(scratch / "packs") == c.folder);
            CHECK(mode_of(scratch / "packs/ab") == c.folder);
        }
    ::umask(umask_before);
}

TEST_CASE("a folder that can't be written is refused as denied, and can be read") {
    const test::ScratchFolder scratch;
    REQUIRE(::chmod(scratch.path().c_str(), 0755) == 0);
    REQUIRE(open(scratch.path())->put("index/a", kSome));
    fs::permissions(scratch / "index", fs::perms(0555));
    fs::permissions(scratch / "index/a", fs::perms(0444));
    fs::permissions(scratch / "tmp", fs::perms(0555));
    fs::permissions(scratch.path(), fs::perms(0555));
    as_nobody([&] {
        const auto store = open(scratch.path());
        CHECK(is(store->put("index/b", kSome), ErrorKind::denied));
        CHECK(is(store->stage(), ErrorKind::denied));
        CHECK(is(store->remove("index/a"), ErrorKind::denied));
        CHECK(store->get("index/a", 1000));
        CHECK(store::list_all(*store, "")->size() == 1);
    });
    fs::permissions(scratch / "index/a", fs::perms(0000));
    as_nobody([&] { CHECK(is(open(scratch.path())->get("index/a", 1000), ErrorKind::denied)); });
    fs::permissions(scratch.path(), fs::perms(0755));
}

TEST_CASE("a full disk is told as such and nothing half-written is seen") {
    const test::ScratchFolder scratch;
    fs::create_directory(scratch / "small");
    if (::mount("none", (scratch / "small").c_str(), "tmpfs", 0, "size=1m") != 0) {
        MESSAGE("skipped: a file system can be mounted by root only");
        return;
    }
    {
        const auto store = open(scratch / "small");
        CHECK(store->put("index/small", kSome));
        const auto big = store->put("packs/00/big", Bytes(2 << 20));
        CHECK(is(big, ErrorKind::no_space));
        CHECK(big.error().message().find((scratch / "small")) != std::string::npos);
        auto staged = store->stage();
        REQUIRE(staged);
        Result<void> appended;
        for (int i = 0; i < 200 && appended; ++i)
            appended = (*staged)->append(Bytes(10'000));
        CHECK(is(appended, ErrorKind::no_space));
        // What is missing inside must not be published, even when there is room again.
        fs::remove(scratch / "small/index/small");
        CHECK_FALSE((*staged)->append(kSome));
        CHECK_FALSE((*staged)->commit("packs/00/torn"));
        CHECK(store->put("index/small", kSome));
        staged->reset();
        CHECK(store::list_all(*store, "")->size() == 1);
        CHECK(files_in(scratch / "small/tmp") == 0);
        CHECK(store->put("index/other", kSome)); // what was half-written gave its room back
    }
    CHECK(::umount((scratch / "small").c_str()) == 0);
}

TEST_CASE("rubbish of a day ago is removed by the next writer, newer is left") {
    const test::ScratchFolder scratch;
    fs::create_directories(scratch / "tmp/folder");
    std::ofstream(scratch / "tmp/old") << "x";
    std::ofstream(scratch / "tmp/new") << "x";
    using namespace std::chrono_literals;
    fs::last_write_time(scratch / "tmp/old", fs::file_time_type::clock::now() - 25h);
    fs::last_write_time(scratch / "tmp/new", fs::file_time_type::clock::now() - 23h);
    const auto store = open(scratch.path());
    CHECK(store::list_all(*store, "")->empty());
    CHECK(fs::exists(scratch / "tmp/old")); // a reader changes nothing
    REQUIRE(store->put("a", kSome));
    CHECK_FALSE(fs::exists(scratch / "tmp/old"));
    CHECK(fs::exists(scratch / "tmp/new"));
    CHECK(fs::exists(scratch / "tmp/folder"));
}

TEST_CASE("files that are read stay open, but not too many") {
    const test::ScratchFolder scratch;
    const auto store = open(scratch.path());
    for (int i = 0; i < 40; ++i)
        REQUIRE(store->put(fmt::format("packs/00/{}", i), test::random_bytes(100, 1)));
    const std::size_t before = open_descriptors();
    Bytes out(10);
    for (int round = 0; round < 3; ++round)
        for (int i = 0; i < 40; ++i)
            REQUIRE(store->read(fmt::format("packs/00/{}", i), 5, out));
    CHECK(open_descriptors() == before + 16);

    // The last one read is still open: it can be read although another process removed it.
    fs::remove(scratch / "packs/00/39");
    CHECK(store->read("packs/00/39", 0, out));
    REQUIRE(store->remove("packs/00/39"));
    CHECK(is(store->read("packs/00/39", 0, out), ErrorKind::not_found));
}

TEST_CASE("symbolic links are not followed") {
    const test::ScratchFolder scratch;
    const test::ScratchFolder outside;
    const auto store = open(scratch.path());
    std::ofstream(outside / "secret") << "secret";
    fs::create_symlink(outside.path(), scratch / "packs");
    fs::create_directory(scratch / "index");
    fs::create_symlink(outside / "secret", scratch / "index/a");
    Bytes out(1);
    for (const char* name : {"packs/secret", "index/a"}) {
        CHECK_FALSE(store->get(name, 100));
        CHECK_FALSE(store->read(name, 0, out));
        CHECK_FALSE(store->stat(name));
    }
    CHECK_FALSE(store->put("packs/new", kSome));
    CHECK_FALSE(store->put("packs/ab/new", kSome));
    CHECK(*store->put("index/a", kSome) == Put::exists);
    CHECK(files_in(outside.path()) == 1);
    CHECK(store::list_all(*store, "")->empty());
}

TEST_CASE("pipes and folders are no objects, and nobody waits for them") {
    const test::ScratchFolder scratch;
    const auto store = open(scratch.path());
    fs::create_directories(scratch / "index/folder");
    REQUIRE(::mkfifo((scratch / "index/pipe").c_str(), 0600) == 0);
    Bytes out(1);
    for (const char* name : {"index/folder", "index/pipe"}) {
        CHECK(is(store->get(name, 100), ErrorKind::not_found));
        CHECK(is(store->read(name, 0, out), ErrorKind::not_found));
        CHECK(is(store->stat(name), ErrorKind::not_found));
        CHECK(*store->put(name, kSome) == Put::exists);
    }
    CHECK(store::list_all(*store, "")->empty());
}

TEST_CASE("a folder that was removed is an error, not an empty listing") {
    const test::ScratchFolder scratch;
    fs::create_directory(scratch / "repo");
    const auto store = open(scratch / "repo");
    fs::remove(scratch / "repo");
    CHECK(is(store::list_all(*store, ""), ErrorKind::no_repository));
    CHECK(is(store::list_all(*store, "packs/"), ErrorKind::no_repository));
    CHECK_FALSE(store->put("a", kSome));
}

TEST_CASE("the store stays in its folder when something else takes the path") {
    const test::ScratchFolder scratch;
    fs::create_directory(scratch / "repo");
    const auto store = open(scratch / "repo");
    fs::rename(scratch / "repo", scratch / "moved");
    fs::create_directory(scratch / "repo");
    REQUIRE(store->put("a", kSome));
    CHECK(fs::exists(scratch / "moved/a"));
    CHECK(files_in(scratch / "repo") == 0);
}

TEST_CASE("folders that were tidied away are made again") {
    const test::ScratchFolder scratch;
    const auto store = open(scratch.path());
    REQUIRE(store->put("packs/ab/1", kSome));
    for (const char* folder : {"packs", "tmp"})
        fs::remove_all(scratch / folder);
    CHECK(*store->put("packs/ab/1", kSome) == Put::created);
}

TEST_CASE("a folder that can't be listed is an error, not an empty one") {
    const test::ScratchFolder scratch;
    fs::permissions(scratch.path(), fs::perms(0755));
    fs::create_directories(scratch / "marks");
    fs::create_directories(scratch / "lost+found");
    fs::permissions(scratch / "marks", fs::perms(0700));
    fs::permissions(scratch / "lost+found", fs::perms(0700)); // as mkfs makes it
    if (::geteuid() != 0)
        return;
    as_nobody([&] {
        const auto store = open(scratch.path());
        CHECK(is(store::list_all(*store, "marks/"), ErrorKind::denied));
        CHECK(is(store::list_all(*store, ""), ErrorKind::denied));
    });
    fs::permissions(scratch / "marks", fs::perms(0755));
    as_nobody([&] { CHECK(store::list_all(*open(scratch.path()), "")); });
}
