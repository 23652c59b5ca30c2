// SPDX-License-Identifier: Apache-2.0
#include "engine/restore_target.hpp"

#include "engine/restore_metadata.hpp"
#include "trees.hpp"

#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace saoluu;
using namespace saoluu::test;

namespace {

namespace fs = std::filesystem;

struct stat stat_of(const std::string& path) {
    struct stat info {};
    REQUIRE(::lstat(path.c_str(), &info) == 0);
    return info;
}

/// Metadata that no snapshot of these tests has.
void set_other_metadata(const std::string& path, bool has_mode) {
    const timespec time{.tv_sec = 4711, .tv_nsec = 12};
    const timespec times[] = {time, time};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
    if (has_mode)
        REQUIRE(::chmod(path.c_str(), 0444) == 0);
}

} // namespace

TEST_CASE("a restore changes no metadata through a link that lies elsewhere") {
    const RepositoryCase repository;
    const std::string source = repository.path("source"), target = repository.path("out");
    fs::create_directory(source);
    write_file(source + "/file", "text");
    write_file(source + "/empty", "");
    fs::create_symlink("file", source + "/link");
    REQUIRE(::mkfifo((source + "/fifo").c_str(), 0600) == 0);
    Repository backup = repository.open(key::kBackup);
    const std::string snapshot = back_up(backup, source).snapshot;

    Repository reader = repository.open(key::kReader);
    restore_to(reader, snapshot, source, target);
    // Someone else's names for what lies in the target.
    const std::string outside = repository.path("outside");
    fs::create_directory(outside);
    const std::vector<std::string> names = {"/file", "/empty", "/link", "/fifo"};
    for (const std::string& name : names)
        REQUIRE(::linkat(AT_FDCWD, (target + name).c_str(), AT_FDCWD, (outside + name).c_str(),
                         0) == 0);
    Told told;
    SUBCASE("what is as it should be is there already") {
        const RestoreSummary again = must(try_restore(reader, snapshot, source, target, told, 2));
        CHECK(again.already_there == 4);
        CHECK(again.failed == 0);
        CHECK(told.findings.empty());
        check_same(tree_of(target), tree_of(source));
    }
    SUBCASE("what differs is left as it is, and told") {
        for (const std::string& name : names)
            set_other_metadata(outside + name, name != "/link");
        const auto before = tree_of(outside);
        const RestoreSummary again = must(try_restore(reader, snapshot, source, target, told, 2));
        CHECK(again.already_there == 0);
        CHECK(again.failed == 4);
        for (const std::string& name : names) {
            CHECK(told.has(Severity::warning, source + name));
            CHECK(stat_of(outside + name).st_nlink == 2);
        }
        const auto after = tree_of(outside);
        check_same(after, before);
    }
    SUBCASE("without the other links all of it is mended") {
        for (const std::string& name : names)
            set_other_metadata(outside + name, name != "/link");
        fs::remove_all(outside);
        const RestoreSummary again = must(try_restore(reader, snapshot, source, target, told, 2));
        CHECK(again.already_there == 4);
        CHECK(again.failed == 0);
        check_same(tree_of(target), tree_of(source));
    }
}

TEST_CASE("an owner is not changed through a link that lies elsewhere") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: only root can give files away");
        return;
    }
    const ScratchFolder folder = ScratchFolder::in_memory();
    write_file(folder / "file", "text");
    format::Entry entry;
    const struct stat info = stat_of(folder / "file");
    entry.mode = info.st_mode & 07777;
    entry.uid = info.st_uid;
    entry.gid = info.st_gid;
    entry.mtime_seconds = info.st_mtim.tv_sec;
    entry.mtime_nanoseconds = static_cast<std::uint32_t>(info.st_mtim.tv_nsec);
    const util::Fd fd = must(util::open_path(folder / "file", O_RDONLY));
    const auto may = [&] {
        return engine::may_set_metadata(fd.get(), engine::Held::open, stat_of(folder / "file"),
                                        entry);
    };
    CHECK(may());
    REQUIRE(::link((folder / "file").c_str(), (folder / "other").c_str()) == 0);
    CHECK(may());
    for (const auto& change :
         {+[](format::Entry& e) { e.uid += 1; }, +[](format::Entry& e) { e.gid += 1; },
          +[](format::Entry& e) { e.mode ^= 0100; },
          +[](format::Entry& e) { e.mtime_seconds += 1; },
          +[](format::Entry& e) { e.mtime_nanoseconds ^= 1; }}) {
        const format::Entry before = entry;
        change(entry);
        CHECK(fails(may(), ErrorKind::exists));
        entry = before;
    }
    entry.uid += 1;
    fs::remove(folder / "other");
    CHECK(may());
}
