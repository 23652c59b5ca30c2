// SPDX-License-Identifier: Apache-2.0
// Hard links and holes come back as such.
#include "engine/restore_links.hpp"

#include "made_snapshots.hpp"
#include "random_bytes.hpp"

#include <chrono>
#include <filesystem>

#include <sys/mount.h>
#include <sys/stat.h>

using namespace saoluu;
using namespace saoluu::test;
using format::Entry;
using format::FileType;

namespace {

namespace fs = std::filesystem;

struct stat stat_of(const std::string& path) {
    struct stat info {};
    REQUIRE(::lstat(path.c_str(), &info) == 0);
    return info;
}

bool are_one(const std::string& a, const std::string& b) {
    const struct stat one = stat_of(a), other = stat_of(b);
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/// Three names of one file in two folders, and one of its own; two names of a symbolic link.
struct Linked {
    RepositoryCase repository;
    std::string out = repository.path("out");
    std::string snapshot;
    Linked() {
        SnapshotMaker maker(repository);
        std::vector<Entry> entries = {folder_at("d"), folder_at("e")};
        for (const char* const path : {"d/1", "d/2", "e/3"}) {
            entries.push_back(maker.file_of(path, "the same content"));
            entries.back().link_group = maker.group("d/1");
            entries.back().mtime_seconds = 1000;
        }
        entries.push_back(maker.file_of("e/own", "the same content"));
        for (const char* const path : {"l1", "l2"}) {
            entries.push_back(link_to(path, "d/1"));
            entries.back().link_group = maker.group("l1");
            entries.back().mtime_seconds = 1000;
        }
        snapshot = maker.commit(entries);
    }
    RestoreSummary restore(Events& events, const RestoreOptions& options = {}) const {
        Repository reader = repository.open(key::kReader);
        return restore_all(reader, snapshot, out, events, options);
    }
};

} // namespace

TEST_CASE("names of one file come back as names of one file") {
    const Linked linked;
    Told told;
    const RestoreSummary made = linked.restore(told);
    CHECK_MESSAGE(told.findings.empty(), told.text());
    CHECK(made.files == 2);
    CHECK(made.others == 1);
    CHECK(made.linked == 3);
    CHECK(stat_of(linked.out + "/d/1").st_nlink == 3);
    CHECK(are_one(linked.out + "/d/1", linked.out + "/d/2"));
    CHECK(are_one(linked.out + "/d/1", linked.out + "/e/3"));
    CHECK(stat_of(linked.out + "/e/own").st_nlink == 1);
    CHECK(are_one(linked.out + "/l1", linked.out + "/l2"));
    CHECK(stat_of(linked.out + "/d/1").st_mtim.tv_sec == 1000);

    SUBCASE("again: all is there") {
        const RestoreSummary again = linked.restore(told);
        CHECK(again.already_there == 6);
        CHECK(again.files + again.linked + again.others + again.failed == 0);
        CHECK(told.findings.empty());
    }
    SUBCASE("one that is missing is linked again") {
        fs::remove(linked.out + "/d/1");
        const RestoreSummary again = linked.restore(told);
        CHECK(again.files == 1); // made anew, because it comes first
        CHECK(again.already_there == 5);
        CHECK(util::as_text(read_file(linked.out + "/d/1")) == "the same content");
        fs::remove(linked.out + "/e/3");
        CHECK(linked.restore(told).linked == 1);
        CHECK(are_one(linked.out + "/d/2", linked.out + "/e/3"));
    }
    SUBCASE("one that differs stays, or is replaced by a link") {
        fs::remove(linked.out + "/d/2");
        write_file(linked.out + "/d/2", "mine");
        const RestoreSummary again = linked.restore(told);
        CHECK(again.failed == 1);
        CHECK(util::as_text(read_file(linked.out + "/d/2")) == "mine");
        const RestoreSummary over = linked.restore(told, {.overwrite = Overwrite::always});
        CHECK(over.overwritten == 1);
        CHECK(over.linked == 1);
        CHECK(are_one(linked.out + "/d/1", linked.out + "/d/2"));
        CHECK(tree_of(linked.out + "/d").size() == 3); // no temporary name is left
    }
}

TEST_CASE("where the first name does not come back, the next is the first") {
    const Linked linked;
    Told told;
    SUBCASE("it is left out") {
        linked.restore(told, {.excludes = {"/d/1"}});
        CHECK(!fs::exists(linked.out + "/d/1"));
    }
    SUBCASE("something else is there") {
        fs::create_directories(linked.out + "/d");
        write_file(linked.out + "/d/1", "mine");
        CHECK(linked.restore(told).failed == 1);
        CHECK(util::as_text(read_file(linked.out + "/d/1")) == "mine");
    }
    CHECK(are_one(linked.out + "/d/2", linked.out + "/e/3"));
    CHECK(stat_of(linked.out + "/d/2").st_nlink == 2);
    CHECK(util::as_text(read_file(linked.out + "/d/2")) == "the same content");
}

TEST_CASE("a name on another file system gets the content") {
    const Linked linked;
    fs::create_directories(linked.out + "/e");
    if (::geteuid() != 0 ||
        ::mount("none", (linked.out + "/e").c_str(), "tmpfs", 0, "size=1m") != 0) {
        MESSAGE("skipped: nothing can be mounted here");
        return;
    }
    Told told;
    const RestoreSummary made = linked.restore(told);
    CHECK_MESSAGE(told.findings.empty(), told.text());
    CHECK(made.files == 3);
    CHECK(made.linked == 2);
    CHECK(util::as_text(read_file(linked.out + "/e/3")) == "the same content");
    CHECK(are_one(linked.out + "/d/1", linked.out + "/d/2"));
    ::umount2((linked.out + "/e").c_str(), MNT_DETACH);
}

TEST_CASE("more names than a file can have come back with content in between") {
    // ext4 has room for 65,000 names of a file; here the group breaks where a name is exchanged.
    engine::LinkGroups links;
    const ScratchFolder folder = ScratchFolder::in_memory();
    const engine::RestoreTarget target = must(engine::RestoreTarget::open(folder.path()));
    Entry entry = entry_of("a", FileType::file);
    entry.link_group = format::LinkGroup{};
    using Standing = engine::LinkGroups::Standing;
    CHECK(links.enter(*entry.link_group) == Standing::first);
    CHECK(links.enter(*entry.link_group) == Standing::waiting);
    write_file(folder / "a", "text");
    links.came_back(*entry.link_group, "a", engine::FileIdentity::of(stat_of(folder / "a")));
    CHECK(links.enter(*entry.link_group) == Standing::ready);
    CHECK(links.link_to_first(target, "b", entry, Overwrite::never) == PathOutcome::linked);
    fs::remove(folder / "a");
    write_file(folder / "a", "of somebody else");
    CHECK(!links.link_to_first(target, "c", entry, Overwrite::never));
    CHECK(!fs::exists(folder / "c"));
    CHECK(links.enter(*entry.link_group) == Standing::waiting); // for who was told that it can't be
}

TEST_CASE("holes stay holes") {
    const RepositoryCase repository;
    const ScratchFolder disk;
    const std::string out = disk / "out";
    constexpr std::uint64_t kTera = std::uint64_t{1} << 40;
    SnapshotMaker maker(repository);
    const util::Bytes some = random_bytes(100'000, 1);
    const auto data = [&] { return maker.chunk(some); };
    const std::string snapshot = maker.commit(
        {maker.file_of("tera", {data(), format::Hole{kTera}, data(), format::Hole{kTera / 4}}),
         maker.file_of("hole", {format::Hole{kTera}}),
         maker.file_of("end", {data(), format::Hole{5}})});
    Repository reader = repository.open(key::kReader);
    Told told;
    const auto started = std::chrono::steady_clock::now();
    CHECK(restore_all(reader, snapshot, out, told).files == 3);
    CHECK_MESSAGE(told.findings.empty(), told.text());
    struct stat info = stat_of(out + "/tera");
    CHECK(static_cast<std::uint64_t>(info.st_size) == kTera + kTera / 4 + 200'000);
    CHECK(info.st_blocks < 2000); // of 512 bytes
    CHECK(stat_of(out + "/hole").st_blocks == 0);
    util::Bytes wanted = some;
    wanted.resize(some.size() + 5);
    CHECK(read_file(out + "/end") == wanted);
    util::Bytes behind(some.size());
    const util::Fd fd = must(util::open_path(out + "/tera", O_RDONLY));
    must(util::read_some_at(fd.get(), kTera + some.size(), behind, ""));
    CHECK(behind == some);
    // Found there again without reading a tera of nothing.
    CHECK(restore_all(reader, snapshot, out, told).already_there == 3);
    CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(60));
    // What is no hole there any more is another content.
    const util::Fd changed = must(util::open_path(out + "/tera", O_WRONLY));
    REQUIRE(::pwrite(changed.get(), "x", 1, static_cast<off_t>(kTera / 2)) == 1);
    CHECK(restore_all(reader, snapshot, out, told).failed == 1);
}

TEST_CASE("a size that no file system has is a finding of that file alone") {
    const RepositoryCase repository;
    const ScratchFolder disk;
    constexpr std::uint64_t kMost = (std::uint64_t{1} << 63) - 1;
    SnapshotMaker maker(repository);
    const std::string snapshot = maker.commit(
        {maker.file_of("a", {format::Hole{kMost}}),
         maker.file_of("b", {format::Hole{kMost - 3}, maker.chunk(util::as_bytes("x"))}),
         maker.file_of("c", "text")});
    Repository reader = repository.open(key::kReader);
    Told told;
    const std::string out = disk / "out";
    const RestoreSummary made = restore_all(reader, snapshot, out, told);
    CHECK(made.files + made.failed == 3);
    CHECK(util::as_text(read_file(out + "/c")) == "text");
    for (const fs::directory_entry& one : fs::directory_iterator(out))
        CHECK(stat_of(one.path().string()).st_blocks < 100);
}
