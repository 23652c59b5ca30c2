// SPDX-License-Identifier: Apache-2.0
// What a backup reads, and what it knows from the last one.
#include "random_bytes.hpp"
#include "trees.hpp"
#include "util/clock.hpp"

#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace saoluu;
using namespace saoluu::test;

namespace {

namespace fs = std::filesystem;

/// A minute ahead: what was written just now has settled.
class LaterClock final : public util::Clock {
public:
    [[nodiscard]] std::int64_t now() const override { return util::system_clock().now() + 60; }
};

/// Stands still, however long a run takes.
class StoppedClock final : public util::Clock {
public:
    [[nodiscard]] std::int64_t now() const override { return at_; }

private:
    std::int64_t at_ = util::system_clock().now();
};

Repository open_later(const RepositoryCase& repository, std::string_view key = key::kBackup) {
    static const LaterClock clock;
    Repository opened = repository.open(key);
    opened.impl().access.clock = &clock;
    return opened;
}

BackupSummary run(Repository& repository, BackupOptions options) {
    Told told;
    options.threads = 2;
    return must(backup(repository, options, told, {}));
}
BackupOptions of(const std::string& source) {
    BackupOptions options;
    options.sources = {source};
    return options;
}

std::string make_source(const RepositoryCase& repository) {
    const std::string source = repository.path("source");
    fs::create_directories(source + "/folder");
    write_file(source + "/small", "small");
    write_file(source + "/folder/empty", "");
    write_file(source + "/large", random_bytes(9 << 20, 3));
    return source;
}

/// Replaces bytes and puts the modification time back: only the change time tells.
void change_stealthily(const std::string& path) {
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    const int fd = ::open(path.c_str(), O_WRONLY);
    REQUIRE(::pwrite(fd, "X", 1, 0) == 1);
    const timespec times[2] = {info.st_atim, info.st_mtim};
    REQUIRE(::futimens(fd, times) == 0);
    ::close(fd);
}

} // namespace

TEST_CASE("files that did not change are not read, and come back all the same") {
    const RepositoryCase repository;
    const std::string source = make_source(repository);
    Repository backup = open_later(repository);
    const BackupSummary first = run(backup, of(source));
    CHECK(first.new_files == 3);
    CHECK(first.bytes_read == first.bytes);
    const BackupSummary second = run(backup, of(source));
    CHECK(second.unchanged_files == 3);
    CHECK(second.bytes_read == 0);
    CHECK(second.bytes == first.bytes);
    CHECK(second.new_chunks <= 2); // pages of folders above, which others change

    write_file(source + "/small", "other");
    write_file(source + "/new", "new");
    const BackupSummary third = run(backup, of(source));
    CHECK(third.unchanged_files == 2);
    CHECK(third.changed_files == 1);
    CHECK(third.new_files == 1);
    CHECK(third.bytes_read == 8);

    Repository reader = repository.open(key::kReader);
    restore_to(reader, third.snapshot, source, repository.path("out"));
    check_same(tree_of(repository.path("out")), tree_of(source));
}

TEST_CASE("a change that puts the modification time back is seen") {
    const RepositoryCase repository;
    const std::string source = make_source(repository);
    Repository backup = open_later(repository);
    run(backup, of(source));
    for (const char* name : {"/small", "/large"}) {
        change_stealthily(source + name);
        CHECK(run(backup, of(source)).changed_files == 1);
    }
}

TEST_CASE("an attribute that comes or goes is in the next snapshot, whatever the list knows") {
    RepositoryCase repository;
    const std::string source = make_source(repository);
    const std::string path = source + "/small";
    const auto come_back = [&] {
        Repository backup = open_later(repository);
        run(backup, of(source));
        const BackupSummary known = run(backup, of(source)); // this one does not read it
        CHECK(known.bytes_read == 0);
        Repository reader = repository.open(key::kReader);
        const std::string out = repository.path("out");
        fs::remove_all(out);
        restore_to(reader, known.snapshot, source, out);
        char value[16] = {};
        const ssize_t size = ::getxattr((out + "/small").c_str(), "user.note", value, sizeof value);
        return size < 0 ? std::string("none") : std::string(value, static_cast<std::size_t>(size));
    };
    CHECK(come_back() == "none");
    if (::setxattr(path.c_str(), "user.note", "one", 3, 0) != 0)
        return; // a file system without them: nothing to lose
    CHECK(come_back() == "one");
    REQUIRE(::setxattr(path.c_str(), "user.note", "two", 3, 0) == 0);
    CHECK(come_back() == "two");
    REQUIRE(::removexattr(path.c_str(), "user.note") == 0);
    CHECK(come_back() == "none");
}

TEST_CASE("a file replaced by another of the same size and time is seen by its inode") {
    const RepositoryCase repository;
    const std::string source = make_source(repository);
    Repository backup = open_later(repository);
    run(backup, of(source));
    write_file(source + "/other", "SMALL");
    struct stat info {};
    REQUIRE(::stat((source + "/small").c_str(), &info) == 0);
    const timespec times[2] = {info.st_atim, info.st_mtim};
    REQUIRE(::utimensat(AT_FDCWD, (source + "/other").c_str(), times, 0) == 0);
    fs::rename(source + "/other", source + "/small");
    CHECK(run(backup, of(source)).changed_files == 1);
}

TEST_CASE("a file that changed just before it was read is read again") {
    const RepositoryCase repository;
    const std::string source = make_source(repository);
    Repository backup = repository.open(key::kBackup); // by the real clock
    run(backup, of(source));
    const BackupSummary second = run(backup, of(source));
    CHECK(second.bytes_read == second.bytes);
    CHECK(second.unchanged_files == 3); // and found to be the same
}

TEST_CASE("where the list is lost, damaged or not wanted everything is read, and nothing stored") {
    const RepositoryCase repository;
    const std::string source = make_source(repository);
    Repository backup = open_later(repository);
    const BackupSummary first = run(backup, of(source));
    BackupOptions options = of(source);
    std::string list;
    for (const auto& entry : fs::recursive_directory_iterator(repository.path("here")))
        if (entry.path().filename().string().starts_with("files-"))
            list = entry.path();
    REQUIRE(!list.empty());
    SUBCASE("lost") {
        fs::remove(list);
    }
    SUBCASE("cut short") {
        fs::resize_file(list, fs::file_size(list) / 2);
    }
    SUBCASE("not wanted") {
        options.force_read = true;
    }
    SUBCASE("of another job") {
        options.job = "other";
    }
    const BackupSummary second = run(backup, options);
    CHECK(second.bytes_read == first.bytes);
    CHECK(second.new_chunks <= 2);
}

TEST_CASE("a file whose chunks are gone from the store is read and stored again") {
    const RepositoryCase repository;
    const std::string source = make_source(repository);
    Repository backup = open_later(repository);
    run(backup, of(source));
    for (const std::string& pack : repository.names("packs/"))
        repository.remove(pack);
    const BackupSummary again = run(backup, of(source));
    CHECK(again.bytes_read == again.bytes);
    Repository reader = repository.open(key::kReader);
    restore_to(reader, again.snapshot, source, repository.path("out"));
    check_same(tree_of(repository.path("out")), tree_of(source));
}

TEST_CASE("a source that was full and is empty now makes no snapshot unless it is meant") {
    const RepositoryCase repository;
    const std::string source = make_source(repository);
    const std::string other = repository.path("other");
    fs::create_directory(other);
    write_file(other + "/file", "x");
    BackupOptions options = of(source);
    SUBCASE("the only one") {}
    SUBCASE("one of two") {
        options.sources.push_back(other);
    }
    bool knows_by_list = true;
    SUBCASE("and the list is lost") {
        knows_by_list = false;
    }
    Repository backup = open_later(repository);
    run(backup, options);
    for (const auto& entry : fs::directory_iterator(source))
        fs::remove_all(entry.path());
    if (!knows_by_list)
        repository.forget_state();
    Told told;
    const auto refused = saoluu::backup(backup, options, told, {});
    REQUIRE(fails(refused, ErrorKind::refused));
    CHECK(refused.error().message().find(source) != std::string::npos);
    Repository reader = repository.open(key::kReader);
    CHECK(must(list_snapshots(reader, told)).size() == 1);
    options.allow_empty = true;
    run(backup, options);
    CHECK(must(list_snapshots(reader, told)).size() == 2);
    options.allow_empty = false;
    run(backup, options); // it was empty last time
}

namespace {
/// Files that are large enough to be read by the thread that scans, which looks at the time.
std::string make_large_files(const RepositoryCase& repository) {
    const std::string source = repository.path("large");
    fs::create_directories(source);
    for (const char* name : {"/1", "/2", "/3"})
        write_file(source + name, random_bytes(5 << 20, static_cast<unsigned>(name[1])));
    return source;
}
} // namespace

TEST_CASE("a run that lasts too long keeps what it has as an incomplete snapshot and goes on") {
    const RepositoryCase repository;
    const std::string source = make_large_files(repository);
    Repository backup = open_later(repository);
    BackupOptions options = of(source);
    options.longest_session = std::chrono::seconds(-1); // after each file
    const BackupSummary made = run(backup, options);
    CHECK(made.partial.size() == 2);
    CHECK(made.files == 3);
    CHECK(made.bytes_read == made.bytes); // each file once
    Repository reader = repository.open(key::kReader);
    Told told;
    const auto snapshots = must(list_snapshots(reader, told));
    REQUIRE(snapshots.size() == 3);
    CHECK(std::ranges::count(snapshots, true, &SnapshotInfo::incomplete) == 2);
    const RestoreSummary back = restore_to(reader, "latest", source, repository.path("out"));
    CHECK(back.snapshot == made.snapshot);
    check_same(tree_of(repository.path("out")), tree_of(source));
    CHECK_MESSAGE(check_all(reader, told).sound(), told.text());

    // In the next session the list still knows what lies behind the file that this one read.
    change_stealthily(source + "/1");
    change_stealthily(source + "/2");
    CHECK(run(backup, options).bytes_read == 10 << 20);
}

TEST_CASE("a run that can learn nothing does not stop to keep what it has") {
    const RepositoryCase repository;
    const StoppedClock clock; // no file gets older than "just now"
    const std::string source = make_large_files(repository);
    BackupOptions options = of(source);
    options.longest_session = std::chrono::seconds(-1);
    SUBCASE("because all files changed just now") {
        Repository backup = repository.open(key::kBackup);
        backup.impl().access.clock = &clock;
        CHECK(run(backup, options).partial.empty());
    }
    SUBCASE("because the list can't be kept") {
        Repository backup = open_later(repository);
        run(backup, options);
        for (const auto& entry : fs::recursive_directory_iterator(repository.path("here")))
            if (entry.path().filename().string().starts_with("files-")) {
                const std::string list = entry.path();
                fs::remove(list);
                fs::create_directory(list); // nothing can take its place
                write_file(list + "/x", "x");
                break;
            }
        for (const char* name : {"/1", "/2", "/3"})
            change_stealthily(source + name);
        CHECK(run(backup, options).partial.size() <= 1);
    }
}

TEST_CASE("latest is the newest whole snapshot, though an incomplete one is newer") {
    const RepositoryCase repository;
    const std::string source = make_large_files(repository);
    Repository backup = open_later(repository);
    const BackupSummary whole = run(backup, of(source));
    change_stealthily(source + "/1");
    BackupOptions options = of(source);
    options.longest_session = std::chrono::seconds(-1);
    std::stop_source stop;
    class StopNow final : public Events {
    public:
        explicit StopNow(std::stop_source& stop) : stop_(stop) {}
        void finding(const Finding&) override { stop_.request_stop(); }

    private:
        std::stop_source& stop_;
    } events(stop);
    CHECK(fails(saoluu::backup(backup, options, events, stop.get_token()), ErrorKind::interrupted));
    Repository reader = repository.open(key::kReader);
    Told told;
    CHECK(must(list_snapshots(reader, told)).size() == 2);
    CHECK(restore_to(reader, "latest", source, repository.path("out")).snapshot == whole.snapshot);
}

TEST_CASE("a dry run says what would be done, and does nothing") {
    const RepositoryCase repository;
    const std::string source = make_source(repository);
    Repository backup = open_later(repository);
    const auto before = repository.names();
    BackupOptions options = of(source);
    options.dry_run = true;
    const BackupSummary dry = run(backup, options);
    CHECK(dry.snapshot.empty());
    CHECK(dry.new_files == 3);
    CHECK(dry.bytes_read == dry.bytes);
    CHECK(repository.names() == before);
    const BackupSummary first = run(backup, of(source));
    CHECK(first.files == dry.files);
    CHECK(first.bytes == dry.bytes);
    CHECK(run(backup, options).unchanged_files == 3);
}
