// SPDX-License-Identifier: Apache-2.0
#include "saoluu/restore.hpp"

#include "made_snapshots.hpp"
#include "random_bytes.hpp"
#include "trees.hpp"

#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

using namespace saoluu;
using namespace saoluu::test;
using format::Entry;
using format::FileType;

namespace {

namespace fs = std::filesystem;

/// A repository with one snapshot of a small tree.
struct SmallBackup {
    RepositoryCase repository;
    std::string source = repository.path("source");
    std::string target = repository.path("out");
    std::string snapshot;

    SmallBackup() {
        fs::create_directories(source + "/folder/deep");
        write_file(source + "/one", "one");
        write_file(source + "/folder/two", "two");
        write_file(source + "/folder/deep/three", random_bytes(200'000, 3));
        fs::create_symlink("one", source + "/link");
        Repository backup = repository.open(key::kBackup);
        snapshot = back_up(backup, source).snapshot;
    }
    RestoreSummary restore(Events& events, const std::string& below = "") const {
        Repository reader = repository.open(key::kReader);
        return must(try_restore(reader, snapshot, source + below, target, events));
    }
};

} // namespace

TEST_CASE("a key that may only write restores nothing") {
    const SmallBackup small;
    Repository backup = small.repository.open(key::kBackup);
    Told told;
    CHECK(
        fails(try_restore(backup, small.snapshot, "/", small.target, told), ErrorKind::wrong_key));
    CHECK(!fs::exists(small.target));
}

TEST_CASE("a missing target is made, with the folders above it") {
    SmallBackup small;
    small.target += "/not/there/yet";
    Told told;
    CHECK(small.restore(told).files == 3);
    check_same(tree_of(small.target), tree_of(small.source));
}

TEST_CASE("what is asked for lands in the target itself, a file under its own name") {
    const SmallBackup small;
    Told told;
    SUBCASE("a folder") {
        small.restore(told, "/folder");
        check_same(tree_of(small.target), tree_of(small.source + "/folder"));
    }
    SUBCASE("a file") {
        small.restore(told, "/folder/two");
        CHECK(util::as_text(read_file(small.target + "/two")) == "two");
        CHECK(tree_of(small.target).size() == 2);
    }
    SUBCASE("a link") {
        small.restore(told, "/link");
        CHECK(fs::read_symlink(small.target + "/link") == "one");
    }
    SUBCASE("all, from the root on") {
        Repository reader = small.repository.open(key::kReader);
        must(try_restore(reader, small.snapshot, "/", small.target, told));
        check_same(tree_of(small.target + small.source), tree_of(small.source));
    }
    SUBCASE("what is not there") {
        Repository reader = small.repository.open(key::kReader);
        CHECK(
            fails(try_restore(reader, small.snapshot, small.source + "/onetwo", small.target, told),
                  ErrorKind::not_found));
    }
    SUBCASE("no path") {
        Repository reader = small.repository.open(key::kReader);
        CHECK(!try_restore(reader, small.snapshot, "/../etc", small.target, told));
    }
}

TEST_CASE("a second restore finds everything there, and mends modes and times") {
    const SmallBackup small;
    Told told;
    small.restore(told);
    REQUIRE(::chmod((small.target + "/one").c_str(), 0777) == 0);
    const RestoreSummary again = small.restore(told);
    CHECK(again.files == 0);
    CHECK(again.already_there == 4); // three files and a link
    CHECK(again.failed == 0);
    check_same(tree_of(small.target), tree_of(small.source));
}

TEST_CASE("what differs is never overwritten") {
    const SmallBackup small;
    fs::create_directories(small.target + "/folder/two"); // a folder where a file belongs
    write_file(small.target + "/one", "ONE");             // of the same size
    write_file(small.target + "/link", "no link");
    Told told;
    const RestoreSummary made = small.restore(told);
    CHECK(made.failed == 3);
    CHECK(made.files == 1);
    CHECK(told.count(Severity::warning) == 3);
    CHECK(util::as_text(read_file(small.target + "/one")) == "ONE");
    CHECK(util::as_text(read_file(small.target + "/link")) == "no link");
    CHECK(read_file(small.target + "/folder/deep/three") ==
          read_file(small.source + "/folder/deep/three"));
}

TEST_CASE("nothing is written through a symbolic link in the target") {
    const SmallBackup small;
    const std::string outside = small.repository.path("outside");
    fs::create_directories(outside + "/deep");
    fs::create_directory(small.target);
    fs::create_symlink(outside, small.target + "/folder");
    fs::create_symlink(outside + "/one", small.target + "/one");
    const auto before = tree_of(outside);
    Told told;
    const RestoreSummary made = small.restore(told);
    CHECK(made.failed >= 3); // the folder, what is in it, and the file
    CHECK(made.files == 0);
    check_same(tree_of(outside), before);
    CHECK(fs::is_symlink(small.target + "/folder"));
}

TEST_CASE("damage costs only the files that need what is damaged") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    fs::create_directory(source);
    for (int i = 0; i < 8; ++i)
        write_file(source + "/" + std::to_string(i),
                   random_bytes(100'000, static_cast<std::uint64_t>(i)));
    Repository backup = repository.open(key::kBackup);
    const std::string snapshot = back_up(backup, source).snapshot;
    std::string data_pack;
    for (const std::string& name : repository.names("packs/"))
        if (repository.read(name).size() > 700'000)
            data_pack = name;
    REQUIRE(!data_pack.empty());
    repository.flip_bit(data_pack, 250'000); // the third frame

    Repository reader = repository.open(key::kReader);
    Told told;
    const RestoreSummary made =
        must(try_restore(reader, snapshot, source, repository.path("out"), told, 2));
    CHECK(made.damaged == 1);
    CHECK(made.files == 7);
    CHECK(told.count(Severity::damage) == 1);
    CHECK(tree_of(repository.path("out")).size() == 8); // no part of the damaged one

    SUBCASE("a healed copy makes it good again") {
        repository.flip_bit(data_pack, 250'000);
        const util::Bytes good = repository.read(data_pack);
        repository.flip_bit(data_pack, 250'000);
        repository.write(data_pack + ".1", good);
        Repository again = repository.open(key::kReader);
        CHECK(restore_to(again, snapshot, source, repository.path("out")).files == 1);
        check_same(tree_of(repository.path("out")), tree_of(source));
    }
}

TEST_CASE("a hostile catalog reaches nothing outside the target") {
    const RepositoryCase repository;
    const std::string outside = repository.path("outside");
    fs::create_directory(outside);
    std::vector<Entry> entries;
    SUBCASE("an entry below a link") {
        entries = {link_to("a", outside), entry_of("a/evil", FileType::file),
                   entry_of("b", FileType::file)};
    }
    SUBCASE("a folder below a link, and a file in it") {
        entries = {link_to("a", outside), entry_of("a/evil", FileType::folder),
                   entry_of("a/evil/deep", FileType::file), entry_of("b", FileType::file)};
    }
    SUBCASE("an entry below a file") {
        entries = {entry_of("a", FileType::file), entry_of("a/evil", FileType::file)};
    }
    SUBCASE("an entry whose folder is missing") {
        entries = {entry_of("a/evil", FileType::file), entry_of("b", FileType::file)};
    }
    const std::string snapshot = SnapshotMaker(repository).commit(entries);
    Repository reader = repository.open(key::kReader);
    Told told;
    const RestoreSummary made =
        must(try_restore(reader, snapshot, "/", repository.path("out"), told));
    CHECK(made.damaged + made.failed >= 1);
    CHECK(made.files == 1);
    CHECK(tree_of(outside).size() == 1);
    CHECK(!check_all(reader, told).sound());
}

TEST_CASE("a catalog whose root is no folder, or whose sizes lie, is damage") {
    const RepositoryCase repository;
    Told told;
    Repository reader = repository.open(key::kReader);
    SUBCASE("a root that is a file") {
        const std::string snapshot =
            SnapshotMaker(repository).commit({entry_of("", FileType::file)});
        const auto made = try_restore(reader, snapshot, "/", repository.path("out"), told);
        CHECK((!made || made->files == 0));
    }
    SUBCASE("a hole that makes a large file, alone") {
        Entry file = entry_of("sparse", FileType::file);
        file.size = std::uint64_t{1} << 33;
        file.segments = {format::Hole{file.size}};
        const std::string snapshot = SnapshotMaker(repository).commit({file});
        const auto made = must(try_restore(reader, snapshot, "/", repository.path("out"), told));
        CHECK(made.files == 1);
        struct stat info {};
        REQUIRE(::stat((repository.path("out") + "/sparse").c_str(), &info) == 0);
        CHECK(static_cast<std::uint64_t>(info.st_size) == file.size);
        CHECK(info.st_blocks == 0);
    }
    SUBCASE("a chunk that is nowhere") {
        Entry file = entry_of("lost", FileType::file);
        file.size = 5;
        file.segments = {format::WholeChunk{.id = {}, .length = 5}};
        const std::string snapshot = SnapshotMaker(repository).commit({file});
        const auto made = must(try_restore(reader, snapshot, "/", repository.path("out"), told));
        CHECK(made.damaged == 1);
        CHECK(made.files == 0);
    }
}
