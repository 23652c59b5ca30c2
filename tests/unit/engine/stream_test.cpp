// SPDX-License-Identifier: Apache-2.0
// A stream as a source: standard input, or what a command writes.
#include "random_bytes.hpp"
#include "trees.hpp"
#include "util/file.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <random>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace saoluu;
using namespace saoluu::test;

namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMiB = 1 << 20;

/// A pipe that someone writes to in pieces of any size.
class Feed {
public:
    Feed(util::BytesView bytes, std::uint64_t seed) {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        reads_ = util::Fd(ends[0]);
        writer_ = std::jthread([end = ends[1], bytes, seed] {
            const util::Fd writes(end);
            std::mt19937_64 random(seed);
            for (util::BytesView left = bytes; !left.empty();) {
                const std::size_t most = std::min<std::size_t>(left.size(), 1 + random() % 100'000);
                const ssize_t put = ::write(end, left.data(), most);
                if (put <= 0)
                    return;
                left = left.subspan(static_cast<std::size_t>(put));
            }
        });
    }
    [[nodiscard]] int fd() const { return reads_.get(); }

private:
    util::Fd reads_;
    std::jthread writer_;
};

BackupOptions of_fd(int fd, const std::string& name = "dump") {
    BackupOptions options;
    options.stream = StreamSource{.name = name, .command = {}, .fd = fd};
    options.threads = 2;
    return options;
}

BackupOptions of_command(const std::string& script) {
    BackupOptions options;
    options.stream = StreamSource{.name = "dump", .command = {"sh", "-c", script}};
    options.threads = 2;
    return options;
}

Result<BackupSummary> try_run(Repository& repository, const BackupOptions& options,
                              std::stop_token stop = {}) {
    Told told;
    return backup(repository, options, told, std::move(stop));
}

BackupSummary run(Repository& repository, util::BytesView bytes, std::uint64_t seed = 1) {
    const Feed feed(bytes, seed);
    return must(try_run(repository, of_fd(feed.fd())));
}

util::Bytes restored(const RepositoryCase& repository, const std::string& name = "dump") {
    const std::string target = repository.path("out");
    fs::remove_all(target);
    Repository reader = repository.open(key::kReader);
    RestoreOptions options;
    options.from = {.snapshot = "latest", .path = "/" + name};
    options.target = target;
    Told told;
    must(restore(reader, options, told, {}));
    return read_file(target + "/" + name);
}

std::size_t snapshots(const RepositoryCase& repository) {
    Told told;
    Repository reader = repository.open(key::kReader);
    return must(list_snapshots(reader, told)).size();
}

} // namespace

TEST_CASE("what comes back of a stream is what went in, and the same again stores nothing") {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, 4 * kMiB - 1, 4 * kMiB, 4 * kMiB + 1, 50 * kMiB}) {
        CAPTURE(size);
        const RepositoryCase repository;
        Repository backup = repository.open(key::kBackup);
        const util::Bytes bytes = random_bytes(size, size + 1);
        const BackupSummary made = run(backup, bytes, 2);
        CHECK(made.complete());
        CHECK(made.files == 1);
        CHECK(made.bytes == size);
        CHECK(made.bytes_read == size);
        CHECK(restored(repository) == bytes);
        const BackupSummary again = run(backup, bytes, 3);
        CHECK(again.new_chunk_bytes < 10'000); // a catalog's page
        CHECK(again.unchanged_files == 1);
        Repository reader = repository.open(key::kReader);
        Told told;
        CHECK_MESSAGE(check_all(reader, told).sound(), told.text());
    }
}

TEST_CASE("tomorrow's dump shares what it can with today's, and with a file of the same bytes") {
    const RepositoryCase repository;
    Repository backup = repository.open(key::kBackup);
    util::Bytes bytes = random_bytes(20 * kMiB, 7);
    run(backup, bytes);
    const util::Bytes row = random_bytes(1000, 8);
    bytes.insert(bytes.begin() + 10 * kMiB, row.begin(), row.end());
    const BackupSummary next = run(backup, bytes);
    CHECK(next.changed_files == 1);
    CHECK(next.new_chunk_bytes < 6 * kMiB); // the chunks around the new row, of 2 MiB at most
    CHECK(restored(repository) == bytes);
    fs::create_directories(repository.path("source"));
    write_file(repository.path("source") + "/dump", bytes);
    CHECK(back_up(backup, repository.path("source")).new_chunk_bytes < 100'000);
}

TEST_CASE("a stream stands among other sources wherever its name comes") {
    const RepositoryCase repository;
    Repository backup = repository.open(key::kBackup);
    const std::string source = repository.path("source");
    make_random_tree(source, 11);
    const util::Bytes bytes = random_bytes(5 * kMiB, 1);
    for (const char* name : {" ", "!", "a", "dev", "dew", "zz", "\xff", "tiếng Việt.dump"}) {
        if (source.starts_with("/" + std::string(name) + "/"))
            continue;
        CAPTURE(name);
        const Feed feed(bytes, 5);
        BackupOptions options = of_fd(feed.fd(), name);
        options.sources = {source};
        must(try_run(backup, options));
        CHECK(restored(repository, name) == bytes);
        Repository reader = repository.open(key::kReader);
        fs::remove_all(repository.path("tree"));
        restore_to(reader, "latest", source, repository.path("tree"));
        check_same(tree_of(repository.path("tree")), tree_of(source));
        Told told;
        const auto list = must(list_snapshots(reader, told));
        CHECK(list.back().sources.size() == 2);
        CHECK_MESSAGE(check_all(reader, told).sound(), told.text());
    }
}

TEST_CASE("a stream is a file of whoever runs the backup, and closed to others") {
    const RepositoryCase repository;
    Repository backup = repository.open(key::kBackup);
    run(backup, util::as_bytes("secret"));
    restored(repository);
    struct stat info {};
    REQUIRE(::stat((repository.path("out") + "/dump").c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
    CHECK(info.st_uid == ::geteuid());
}

TEST_CASE("names that no file can have, and names of other sources, are refused") {
    const RepositoryCase repository;
    Repository backup = repository.open(key::kBackup);
    const std::string source = repository.path("source");
    fs::create_directories(source);
    const std::string top = source.substr(1, source.find('/', 1) - 1);
    for (const std::string& name :
         {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("/a"),
          std::string("a\0b", 3), std::string(256, 'x'), top}) {
        CAPTURE(name);
        BackupOptions options = of_command("echo x");
        options.stream->name = name;
        options.sources = {source};
        CHECK(fails(try_run(backup, options), ErrorKind::usage));
        options.sources = {"/"};
        options.dry_run = true;
        CHECK(fails(try_run(backup, options), ErrorKind::usage));
    }
    CHECK(snapshots(repository) == 0);
}

TEST_CASE("a stream that can't be read makes no snapshot") {
    const RepositoryCase repository;
    Repository backup = repository.open(key::kBackup);
    const util::Fd folder(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    CHECK(fails(try_run(backup, of_fd(folder.get())), ErrorKind::io));
    CHECK(fails(try_run(backup, of_fd(-1)), ErrorKind::usage));
    const util::Fd writes(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    CHECK(fails(try_run(backup, of_fd(writes.get())), ErrorKind::io));
    CHECK(snapshots(repository) == 0);
}

TEST_CASE("a command that fails makes no snapshot, whatever it wrote, and its words are told") {
    const RepositoryCase repository;
    Repository backup = repository.open(key::kBackup);
    struct Row {
        const char* script;
        std::vector<const char*> told;
    };
    for (const Row& row :
         {Row{"echo half; echo 'no such table' >&2; exit 3", {"status 3", "no such table"}},
          Row{"head -c 9000000 /dev/zero; exit 1", {"status 1"}},
          Row{"echo half; kill -9 $$", {"signal 9"}},
          Row{"printf 'a\\033[31m\\n\\nb\\n' >&2; exit 1", {"a\\x1b[31m; b"}},
          // Words without end are read, and the last of them kept.
          Row{"head -c 3000000 /dev/zero | tr '\\0' 'x' >&2; echo ' end' >&2; exit 4", {"x end"}},
          // What it started still holds its output.
          Row{"sleep 100 & exit 5", {"status 5"}}}) {
        CAPTURE(row.script);
        const auto failed = try_run(backup, of_command(row.script));
        REQUIRE(fails(failed, ErrorKind::failure));
        for (const char* words : row.told)
            CHECK_MESSAGE(failed.error().message().find(words) != std::string::npos,
                          failed.error().message());
        CHECK(failed.error().message().size() < 6000);
    }
    BackupOptions options = of_command("");
    options.stream->command = {repository.path("no such program")};
    CHECK(fails(try_run(backup, options), ErrorKind::failure));
    CHECK(snapshots(repository) == 0);
}

TEST_CASE("what a command writes is stored, and its words are a note") {
    const RepositoryCase repository;
    Repository backup = repository.open(key::kBackup);
    Told told;
    must(saoluu::backup(backup, of_command("echo content; echo 'a warning' >&2"), told, {}));
    CHECK(told.has(Severity::notice, "/dump"));
    CHECK(told.text().find("a warning") != std::string::npos);
    CHECK(util::as_text(restored(repository)) == "content\n");
}

TEST_CASE("a command gets neither our standard input nor our credentials, and no shell its words") {
    const RepositoryCase repository;
    Repository backup = repository.open(key::kBackup);
    ::setenv("SAOLUU_PASSPHRASE", "rat bi mat", 1);
    ::setenv("AWS_SECRET_ACCESS_KEY", "rat bi mat", 1);
    must(try_run(backup, of_command("env; cat")));
    ::unsetenv("SAOLUU_PASSPHRASE");
    ::unsetenv("AWS_SECRET_ACCESS_KEY");
    CHECK(util::as_text(restored(repository)).find("rat bi mat") == std::string_view::npos);
    BackupOptions options = of_command("");
    options.stream->command = {"echo", "$(id); 'x'", "*"};
    must(try_run(backup, options));
    CHECK(util::as_text(restored(repository)) == "$(id); 'x' *\n");
}

TEST_CASE("stopping a run ends its command, at once and with what it started") {
    const RepositoryCase repository;
    Repository backup = repository.open(key::kBackup);
    const std::string mark = repository.path("mark");
    std::stop_source stop;
    const std::jthread stopper([&] {
        while (!fs::exists(mark))
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        stop.request_stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    const auto stopped = try_run(
        backup,
        of_command("echo x; sh -c 'echo $$ > \"$0\".new; mv \"$0\".new \"$0\"; sleep 100' " + mark +
                   " & wait"),
        stop.get_token());
    CHECK(fails(stopped, ErrorKind::interrupted));
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
    const util::Bytes pid = read_file(mark);
    const pid_t child = std::stoi(std::string(util::as_text(pid)));
    for (int look = 0; look < 500 && ::kill(child, 0) == 0; ++look)
        std::this_thread::sleep_for(std::chrono::milliseconds(10)); // init has to reap it
    struct stat info {};
    const std::string state = "/proc/" + std::to_string(child) + "/stat";
    if (::stat(state.c_str(), &info) == 0) // a zombie that nobody reaps here
        CHECK(util::as_text(read_file(state)).find(") Z") != std::string_view::npos);
    CHECK(snapshots(repository) == 0);
}

TEST_CASE("a stream is read once, however many sessions the run takes") {
    const RepositoryCase repository;
    Repository backup = repository.open(key::kBackup);
    const std::string source = repository.path("source");
    fs::create_directories(source);
    const timespec long_ago[2] = {{.tv_sec = 1'000'000'000, .tv_nsec = 0},
                                  {.tv_sec = 1'000'000'000, .tv_nsec = 0}};
    for (const char* name : {"/1", "/2", "/3"}) {
        write_file(source + name, random_bytes(5 * kMiB, static_cast<unsigned>(name[1])));
        ::utimensat(AT_FDCWD, (source + name).c_str(), long_ago, 0);
    }
    // Its change time has to have settled as well.
    class LaterClock final : public util::Clock {
        [[nodiscard]] std::int64_t now() const override { return util::system_clock().now() + 60; }
    };
    static const LaterClock clock;
    backup.impl().access.clock = &clock;
    const util::Bytes bytes = random_bytes(6 * kMiB, 9);
    for (const char* name : {"a first", "zz last"}) {
        CAPTURE(name);
        repository.forget_state();
        const Feed feed(bytes, 4);
        BackupOptions options = of_fd(feed.fd(), name);
        options.sources = {source};
        options.longest_session = std::chrono::seconds(-1); // after each file
        const BackupSummary made = must(try_run(backup, options));
        CHECK(made.partial.size() == 2);
        CHECK(made.files == 4);
        CHECK(restored(repository, name) == bytes);
    }
    Repository reader = repository.open(key::kReader);
    Told told;
    CHECK_MESSAGE(check_all(reader, told).sound(), told.text());
}

TEST_CASE("a dry run reads no stream and starts no command") {
    const RepositoryCase repository;
    Repository backup = repository.open(key::kBackup);
    BackupOptions options = of_command("touch " + repository.path("was run"));
    options.dry_run = true;
    Told told;
    const BackupSummary summary = must(saoluu::backup(backup, options, told, {}));
    CHECK(summary.files == 0);
    CHECK(told.has(Severity::notice, "/dump"));
    CHECK_FALSE(fs::exists(repository.path("was run")));
}

TEST_CASE("a dump that is empty or much smaller than the last is refused or suspect") {
    const RepositoryCase repository;
    Repository backup = repository.open(key::kBackup);
    const util::Bytes bytes = random_bytes(100'000, 1);
    run(backup, bytes);
    CHECK(run(backup, util::BytesView(bytes).first(60'000)).suspect.empty());
    const BackupSummary small = run(backup, util::BytesView(bytes).first(20'000));
    REQUIRE(small.suspect.size() == 1);
    CHECK(small.suspect[0].path == "/dump");
    CHECK(small.suspect[0].before == 60'000);
    CHECK(small.suspect[0].now == 20'000);
    CHECK(small.suspect[0].in_bytes);
    const Feed nothing({}, 1);
    CHECK(fails(try_run(backup, of_fd(nothing.fd())), ErrorKind::refused));
    CHECK(restored(repository).size() == 20'000);
}
