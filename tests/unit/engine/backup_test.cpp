// SPDX-License-Identifier: Apache-2.0
#include "saoluu/backup.hpp"

#include "random_bytes.hpp"
#include "trees.hpp"

#include <filesystem>
#include <random>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace saoluu;
using namespace saoluu::test;

namespace {

namespace fs = std::filesystem;

BackupOptions of(const std::string& source) {
    BackupOptions options;
    options.sources = {source};
    options.threads = 2;
    return options;
}

std::uint64_t seed_of_run() {
    const char* given = std::getenv("SAOLUU_SEED");
    return given != nullptr ? std::stoull(given) : std::random_device()();
}

/// Stops a run at the first progress that it tells.
class StopSoon final : public Events {
public:
    void progress(const Progress&) override { stop_.request_stop(); }
    [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

private:
    std::stop_source stop_;
};

} // namespace

TEST_CASE("restore of backup is the same tree") {
    for (const CipherSuite suite : {CipherSuite::xchacha20, CipherSuite::aes256gcm})
        for (const unsigned threads : {1U, 8U}) {
            const std::uint64_t seed = seed_of_run();
            CAPTURE(seed);
            CAPTURE(threads);
            const RepositoryCase repository(suite);
            const std::string source = repository.path("source");
            make_random_tree(source, seed);
            const auto tree = tree_of(source);
            Repository backup = repository.open(key::kBackup);
            const BackupSummary made = back_up(backup, source, threads);
            CHECK(made.complete());
            Repository reader = repository.open(key::kReader);
            const RestoreSummary back =
                restore_to(reader, made.snapshot, source, repository.path("out"), threads);
            check_same(tree_of(repository.path("out")), tree);
            CHECK(back.files == made.files);
            CHECK(back.bytes == made.bytes_read);
            CHECK(back.damaged + back.failed + back.not_set + back.already_there == 0);
            Told told;
            CHECK_MESSAGE(check_all(reader, told).sound(), told.text());

            const BackupSummary again = back_up(backup, source, threads);
            // The folders above the source have changed, so the catalog's first pages may too.
            CHECK(again.new_chunks <= 2);
            CHECK(again.new_chunk_bytes < 100'000);
            CHECK(again.files == made.files);
        }
}

TEST_CASE(
    "a large file that all threads share comes back, and its chunks are known by any reader") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    fs::create_directory(source);
    util::Bytes bytes = random_bytes(21 << 20, 4);
    std::fill_n(bytes.begin() + (5 << 20), 6 << 20, std::byte{0});
    write_file(source + "/large", bytes);
    Repository backup = repository.open(key::kBackup);
    const BackupSummary made = back_up(backup, source, 4);
    Repository reader = repository.open(key::kReader);
    restore_to(reader, made.snapshot, source, repository.path("out"), 2);
    CHECK(read_file(repository.path("out") + "/large") == bytes);
    // A file that begins like it shares all but the last of those chunks: cut at the same places.
    bytes.resize(20 << 20);
    write_file(source + "/shorter", bytes);
    const BackupSummary again = back_up(backup, source, 1);
    CHECK(again.new_chunk_bytes < (9 << 20) / 4);
}

TEST_CASE("a file of more than 256 chunks has its list in chunks of its own") {
    const RepositoryCase repository;
    // Cut small, so that it needs no gigabyte.
    put_roster_after(repository.access(key::kFounder), [](format::Roster& roster) {
        roster.chunks = {.least = 1024, .average = 4096, .greatest = 16384};
    });
    const std::string source = repository.path("source");
    fs::create_directory(source);
    const util::Bytes bytes = random_bytes(6 << 20, 9);
    write_file(source + "/many", bytes);
    Repository backup = repository.open(key::kBackup);
    const BackupSummary made = back_up(backup, source, 3);
    CHECK(made.new_chunks > 1000);
    Repository reader = repository.open(key::kReader);
    restore_to(reader, made.snapshot, source, repository.path("out"));
    CHECK(read_file(repository.path("out") + "/many") == bytes);
    Told told;
    CHECK_MESSAGE(check_all(reader, told).sound(), told.text());
    CHECK(restore_to(reader, made.snapshot, source, repository.path("out")).already_there == 1);
}

TEST_CASE("the repository and the folders of this machine are left out") {
    const RepositoryCase repository;
    const std::string all = repository.path(""); // holds the repository, state and cache too
    write_file(repository.path("document"), "text");
    Repository backup = repository.open(key::kBackup);
    const BackupSummary made = back_up(backup, all);
    Repository reader = repository.open(key::kReader, "elsewhere");
    const ScratchFolder target = ScratchFolder::in_memory();
    restore_to(reader, made.snapshot, fs::canonical(all).string(), target / "out");
    CHECK(fs::exists(target / "out/document"));
    CHECK(!fs::exists(target / "out/repository"));
    CHECK(!fs::exists(target / "out/here/state"));
    CHECK(!fs::exists(target / "out/here/cache"));
}

TEST_CASE("sockets are left out and told, and what vanished or is not there is told") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    fs::create_directory(source);
    write_file(source + "/document", "text");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (source + "/socket").copy(address.sun_path, sizeof address.sun_path - 1);
    const util::Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    Repository backup = repository.open(key::kBackup);
    Told told;
    const BackupSummary made = must(saoluu::backup(backup, of(source), told, {}));
    CHECK(made.left_out == 1);
    CHECK(made.files == 1);
    CHECK(made.complete());
    CHECK(told.has(Severity::notice, "/socket"));
    CHECK(fails(saoluu::backup(backup, of(source + "/nothing"), told, {}), ErrorKind::usage));
    CHECK(fails(saoluu::backup(backup, BackupOptions(), told, {}), ErrorKind::usage));
}

TEST_CASE("a file that can't be read is a finding, and the rest goes on") {
    // As root every file can be read, so a child without root's rights makes the backup.
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    fs::create_directories(source + "/closed");
    write_file(source + "/a", "readable");
    write_file(source + "/b", "secret");
    write_file(source + "/closed/c", "secret");
    write_file(source + "/d", util::Bytes(5 << 20)); // of the size that is read another way
    REQUIRE(::chmod((source + "/a").c_str(), 0644) == 0);
    for (const char* name : {"/b", "/closed", "/d"})
        REQUIRE(::chmod((source + name).c_str(), 0) == 0);
    if (::geteuid() == 0) {
        constexpr uid_t kNobody = 65534;
        for (const fs::directory_entry& one : fs::recursive_directory_iterator(repository.path("")))
            if (!one.path().string().starts_with(source))
                REQUIRE(::lchown(one.path().c_str(), kNobody, kNobody) == 0);
        REQUIRE(::chown(repository.path("").c_str(), kNobody, kNobody) == 0);
        REQUIRE(::chmod(source.c_str(), 0755) == 0);
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            if (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)
                ::_exit(10);
            Told told;
            auto opened = repository.try_open(key::kBackup, told);
            if (!opened)
                ::_exit(11);
            const auto made = saoluu::backup(*opened, of(source), told, {});
            ::_exit(made && !made->complete() && made->unreadable == 3 && made->files == 1 &&
                            told.has(Severity::warning, "/b") &&
                            told.has(Severity::warning, "/closed") &&
                            told.has(Severity::warning, "/d")
                        ? 0
                        : 12);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
    } else {
        Repository opened = repository.open(key::kBackup);
        Told told;
        const BackupSummary made = must(saoluu::backup(opened, of(source), told, {}));
        CHECK(made.unreadable == 3);
        CHECK(made.files == 1);
    }
    REQUIRE(::chmod((source + "/closed").c_str(), 0700) == 0);
    Told told;
    Repository reader = repository.open(key::kReader, "elsewhere");
    const std::vector<SnapshotInfo> list = must(list_snapshots(reader, told));
    REQUIRE(list.size() == 1);
    restore_to(reader, list.front().id, source, repository.path("out"));
    CHECK(util::as_text(read_file(repository.path("out") + "/a")) == "readable");
}

TEST_CASE("an interrupted backup keeps what it stored, and the next goes on from it") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    fs::create_directory(source);
    for (int i = 0; i < 60; ++i)
        write_file(source + "/" + std::to_string(i),
                   random_bytes(1 << 20, static_cast<std::uint64_t>(i)));
    Repository backup = repository.open(key::kBackup);
    StopSoon events;
    const auto stopped = saoluu::backup(backup, of(source), events, events.token());
    REQUIRE(fails(stopped, ErrorKind::interrupted));
    CHECK(!repository.names("packs/").empty());
    Told told;
    CHECK(must(list_snapshots(backup, told)).empty());

    Repository next = repository.open(key::kBackup);
    const BackupSummary made = back_up(next, source);
    CHECK(made.new_chunks < made.chunks);
    Repository reader = repository.open(key::kReader);
    CHECK_MESSAGE(check_all(reader, told).sound(), told.text());
    restore_to(reader, made.snapshot, source, repository.path("out"));
    check_same(tree_of(repository.path("out")), tree_of(source));
}

TEST_CASE("options that make no sense are refused") {
    const RepositoryCase repository;
    Repository backup = repository.open(key::kBackup);
    Told told;
    BackupOptions options = of(repository.path(""));
    SUBCASE("a job that is no text") {
        options.job = "\xff";
    }
    SUBCASE("a tag that is too long") {
        options.tags = {std::string(5000, 't')};
    }
    SUBCASE("a level that is none") {
        options.compression_level = 20;
    }
    CHECK(fails(saoluu::backup(backup, options, told, {}), ErrorKind::usage));
    CHECK(repository.names("snapshots/").empty());
}
