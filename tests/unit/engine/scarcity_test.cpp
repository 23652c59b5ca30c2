// SPDX-License-Identifier: Apache-2.0
// Where the machine has too little of something: no thread more, no room for the cache.
#include "engine/crew.hpp"

#include "engine/backup_pipeline.hpp"
#include "poor_child.hpp"
#include "random_bytes.hpp"
#include "trees.hpp"

#include <atomic>
#include <cerrno>
#include <filesystem>

#include <sys/mount.h>

using namespace saoluu;
using namespace saoluu::test;

namespace {

namespace fs = std::filesystem;

bool is_root() {
    if (::geteuid() == 0)
        return true;
    MESSAGE("skipped: this takes root's rights");
    return false;
}

/// Files enough for several workers, and one that all of them share.
void make_files(const std::string& folder) {
    fs::create_directory(folder);
    for (int i = 0; i < 20; ++i)
        write_file(folder + "/" + std::to_string(i),
                   random_bytes(700'000, static_cast<std::uint64_t>(i)));
    write_file(folder + "/large", random_bytes(12 << 20, 99));
}

/// A file system of its own with hardly any room; what is left of it is filled up.
class FullDisk {
public:
    explicit FullDisk(std::string path) : path_(std::move(path)) {
        fs::create_directories(path_);
        mounted_ = ::mount("none", path_.c_str(), "tmpfs", 0, "size=64k") == 0;
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;
    ~FullDisk() {
        if (mounted_)
            ::umount2(path_.c_str(), MNT_DETACH);
    }
    [[nodiscard]] bool is_mounted() const { return mounted_; }
    void fill() const {
        const util::Fd file =
            must(util::open_path(path_ + "/filling", O_WRONLY | O_CREAT | O_APPEND, 0600));
        const util::Bytes page(4096, std::byte{1});
        while (util::write_all(file.get(), page, "filling")) {
        }
    }

private:
    std::string path_;
    bool mounted_ = false;
};

} // namespace

TEST_CASE("a crew without threads fails, and nobody waits for it") {
    if (!is_root())
        return;
    const int outcome = in_child([] {
        if (!become(lonely_user()) || !limit_threads(0))
            return 1;
        std::atomic<bool> ran = false;
        engine::Crew crew({});
        crew.start([&]() -> Result<void> {
            ran = true;
            return {};
        });
        if (!crew.is_stopping() || ran)
            return 2;
        crew.join();
        const Result<void> done = crew.outcome();
        return fails(done, ErrorKind::failure) && done.error().system_code() == EAGAIN ? 0 : 3;
    });
    CHECK(outcome == 0);
}

TEST_CASE("a crew that stops half-way joins those who work") {
    if (!is_root())
        return;
    const int outcome = in_child([] {
        if (!become(lonely_user()))
            return 1;
        engine::Crew crew({});
        std::atomic<bool> ended = false;
        crew.start([&]() -> Result<void> {
            while (!crew.is_stopping())
                std::this_thread::yield();
            ended = true;
            return {};
        });
        if (!limit_threads(0))
            return 2;
        crew.start([]() -> Result<void> { return {}; });
        crew.join();
        return ended && fails(crew.outcome(), ErrorKind::failure) ? 0 : 3;
    });
    CHECK(outcome == 0);
}

TEST_CASE("however few threads there are, a run ends with success or says why not") {
    if (!is_root())
        return;
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    make_files(source);
    std::string snapshot;
    {
        Repository backup = repository.open(key::kBackup);
        snapshot = back_up(backup, source).snapshot;
    }
    const uid_t user = lonely_user();
    enum { succeeded = 0, failed = 1, wrong = 2 };
    constexpr unsigned kThreads = 4;
    const auto run = [&](rlim_t most, const auto& work) {
        give_to(user, repository.path(""));
        return in_child([&]() -> int {
            if (!become(user) || !limit_threads(most))
                return wrong;
            const auto done = work();
            if (done)
                return succeeded;
            // Of the sink, whose session is refused, or of a crew.
            const ErrorKind kind = done.error().kind();
            return kind == ErrorKind::no_memory || kind == ErrorKind::failure ? failed : wrong;
        });
    };
    int successes = 0, failures = 0;
    for (rlim_t most = 1; most <= kThreads + 4; ++most) {
        CAPTURE(most);
        const int backed_up = run(most, [&] {
            // New data each time, so that the workers have something to do.
            write_file(source + "/new", random_bytes(9 << 20, most));
            Repository backup = repository.open(key::kBackup);
            return try_backup(backup, source, kThreads);
        });
        CHECK(backed_up <= failed);
        const int restored = run(most, [&] {
            Repository reader = repository.open(key::kReader);
            Told told;
            return try_restore(reader, snapshot, source,
                               repository.path("out" + std::to_string(most)), told, kThreads);
        });
        CHECK(restored <= failed);
        const int checked = run(most, [&] {
            Repository reader = repository.open(key::kReader);
            Told told;
            CheckOptions options;
            options.read_data = true;
            options.threads = kThreads;
            return check(reader, options, told, {});
        });
        CHECK(checked <= failed);
        for (const int outcome : {backed_up, restored, checked})
            ++(outcome == succeeded ? successes : failures);
    }
    CHECK(failures >= 3);
    CHECK(successes >= 3);
    Repository reader = repository.open(key::kReader);
    Told told;
    CHECK_MESSAGE(check_all(reader, told).sound(), told.text());
}

TEST_CASE("a backup whose workers can't be started says so, and its session is no snapshot") {
    if (!is_root())
        return;
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    make_files(source);
    const uid_t user = lonely_user();
    give_to(user, repository.path(""));
    const int outcome = in_child([&] {
        if (!become(user))
            return 1;
        repo::Access access = repository.access(key::kBackup);
        Told told;
        engine::LockedEvents events(told);
        // The session has its thread for packs; then there is none any more.
        const auto session = must(repo::WriteSession::begin(access, events));
        if (!limit_threads(0))
            return 2;
        const data::Chunker chunker(access.roster().chunks, session->domain().gear_table());
        engine::Crew crew({});
        engine::BackupTally tally(events);
        engine::FileListWriter list(repository.path("list"), {});
        engine::BackupPipeline pipeline(*session, chunker, {.workers = 3}, nullptr, list, crew,
                                        tally);
        pipeline.start();
        const engine::Scanner scanner({source}, {}, {});
        crew.run([&] { return scanner.run(pipeline); });
        const Result<void> done = pipeline.finish();
        if (!fails(done, ErrorKind::failure))
            return 3;
        return done.error().message().find("ulimit") == std::string::npos ? 4 : 0;
    });
    CHECK(outcome == 0);
    Repository reader = repository.open(key::kReader);
    Told told;
    CHECK(must(list_snapshots(reader, told)).empty());
}

TEST_CASE("a full disk under the cache stops neither backup nor restore") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    make_files(source);
    const std::string cache = repository.path("tiny");
    const FullDisk disk(cache);
    if (!disk.is_mounted()) {
        MESSAGE("skipped: a file system can be mounted by root only");
        return;
    }
    Told told;
    const auto open = [&](std::string_view key) {
        OpenOptions options = repository.options(key);
        options.folders.cache = cache;
        return must(Repository::open(std::move(options), told));
    };
    Repository backup = open(key::kBackup);
    SUBCASE("from the start") {
        disk.fill();
        back_up(backup, source);
    }
    SUBCASE("later, beside what was cached before") {
        back_up(backup, source);
        back_up(backup, source); // loads an index, and caches it
        disk.fill();
    }
    // What is stored already must still be found: the index came from elsewhere.
    const BackupSummary made = back_up(backup, source);
    CHECK(made.new_chunk_bytes < 100'000);
    Repository reader = open(key::kReader);
    restore_to(reader, made.snapshot, source, repository.path("out"));
    check_same(tree_of(repository.path("out")), tree_of(source));
    CHECK_MESSAGE(check_all(reader, told).sound(), told.text());
    CHECK_MESSAGE(told.findings.empty(), told.text());
}
