// SPDX-License-Identifier: Apache-2.0
#include "trees.hpp"

#include "crypto/hash.hpp"
#include "random_bytes.hpp"
#include "util/file.hpp"

#include <filesystem>
#include <random>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace saoluu::test {

namespace fs = std::filesystem;

void write_file(const std::string& path, util::BytesView bytes) {
    const util::Fd fd = must(util::open_path(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
    must(util::write_all(fd.get(), bytes, path));
}

util::Bytes read_file(const std::string& path) {
    return must(util::read_file(path, 1 << 30));
}

namespace {

class TreeMaker {
public:
    explicit TreeMaker(std::uint64_t seed) : random_(seed) {}

    void fill(const std::string& folder, int depth) {
        const std::size_t count = 2 + pick(7);
        for (std::size_t i = 0; i < count; ++i) {
            const std::string path = folder + "/" + name();
            struct stat info {};
            if (::lstat(path.c_str(), &info) == 0)
                continue;
            const std::size_t kind = pick(10);
            if (kind < 3 && depth > 0) {
                REQUIRE(::mkdir(path.c_str(), 0700) == 0);
                fill(path, depth - 1);
                decorate(path);
            } else if (kind == 3) {
                REQUIRE(::symlink(target().c_str(), path.c_str()) == 0);
                set_times(path);
            } else if (kind == 4) {
                REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
                set_times(path);
            } else {
                write_file(path, content());
                decorate(path);
            }
        }
    }
    /// Modes and times, after all that changes them.
    void decorate(const std::string& path) {
        REQUIRE(::chmod(path.c_str(), static_cast<mode_t>(0600 | pick(0200))) == 0);
        struct stat info {};
        REQUIRE(::stat(path.c_str(), &info) == 0);
        if (S_ISDIR(info.st_mode)) // still to be listed by who is not root
            REQUIRE(::chmod(path.c_str(), static_cast<mode_t>(0700 | pick(0100))) == 0);
        set_times(path);
    }

private:
    std::size_t pick(std::size_t below) { return random_() % below; }

    void set_times(const std::string& path) {
        const timespec times[] = {
            {.tv_sec = 0, .tv_nsec = UTIME_OMIT},
            {.tv_sec = static_cast<time_t>(pick(3'000'000'000)) - 500'000'000, // before 1970 too
             .tv_nsec = static_cast<long>(pick(1'000'000'000))}};
        REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
    }

    std::string name() {
        static const char* const kNames[] = {"a",   "a-b",  "a.b",      "ab", " ",       "báo cáo",
                                             "-rf", "a\nb", "\xff\xfe", "~",  ".hidden", "%s"};
        std::string name = kNames[pick(std::size(kNames))];
        if (pick(3) == 0)
            name += std::to_string(pick(1000));
        if (pick(20) == 0)
            name += std::string(255 - name.size(), 'x');
        return name;
    }
    std::string target() {
        static const char* const kTargets[] = {"a", "../a", "/etc/passwd", "không có", "."};
        return pick(10) == 0 ? std::string(1000, 'l') : kTargets[pick(std::size(kTargets))];
    }
    util::Bytes content() {
        static const std::size_t kSizes[] = {0, 0, 1, 100, 5000, 131'072, 524'288, 600'000};
        const std::size_t size = kSizes[pick(std::size(kSizes))];
        if (pick(4) == 0)
            return util::Bytes(size);           // zeros
        return random_bytes(size, pick(5) + 1); // often the same as another file's
    }

    std::mt19937_64 random_;
};

} // namespace

void make_random_tree(const std::string& folder, std::uint64_t seed) {
    fs::create_directories(folder);
    TreeMaker maker(seed);
    maker.fill(folder, 3);
    maker.decorate(folder);
}

std::map<std::string, NodeFacts> tree_of(const std::string& folder) {
    std::map<std::string, NodeFacts> all;
    const auto add = [&](const std::string& path) {
        struct stat info {};
        REQUIRE(::lstat(path.c_str(), &info) == 0);
        NodeFacts facts{.mode = info.st_mode,
                        .mtime_seconds = info.st_mtim.tv_sec,
                        .mtime_nanoseconds = info.st_mtim.tv_nsec,
                        .content = ""};
        if (S_ISREG(info.st_mode))
            facts.content = crypto::hash(read_file(path)).hex();
        if (S_ISLNK(info.st_mode))
            facts.content = fs::read_symlink(path).string();
        all.emplace(path.substr(folder.size()), facts);
    };
    add(folder);
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
        add(entry.path().string());
    return all;
}

void check_same(const std::map<std::string, NodeFacts>& is,
                const std::map<std::string, NodeFacts>& wanted) {
    std::size_t told = 0;
    for (const auto& [path, facts] : wanted) {
        const auto found = is.find(path);
        if (found != is.end() && found->second == facts)
            continue;
        if (++told < 5)
            FAIL_CHECK((found == is.end() ? "missing: " : "differs: ") << path);
    }
    for (const auto& [path, facts] : is)
        if (!wanted.contains(path) && ++told < 5)
            FAIL_CHECK("should not be there: " << path);
    CHECK(told == 0);
}

Result<BackupSummary> try_backup(Repository& repository, const std::string& source,
                                 unsigned threads, std::stop_token stop) {
    Told told;
    BackupOptions options;
    options.sources = {source};
    options.threads = threads;
    return backup(repository, options, told, std::move(stop));
}

BackupSummary back_up(Repository& repository, const std::string& source, unsigned threads) {
    return must(try_backup(repository, source, threads));
}

Result<RestoreSummary> try_restore(Repository& repository, const std::string& snapshot,
                                   const std::string& source, const std::string& target,
                                   Events& events, unsigned threads) {
    RestoreOptions options;
    options.from = {.snapshot = snapshot, .path = source};
    options.target = target;
    options.threads = threads;
    return restore(repository, options, events, {});
}

RestoreSummary restore_to(Repository& repository, const std::string& snapshot,
                          const std::string& source, const std::string& target, unsigned threads) {
    Told told;
    return must(try_restore(repository, snapshot, source, target, told, threads));
}

CheckReport check_all(Repository& repository, Events& events, bool read_data) {
    CheckOptions options;
    options.read_data = read_data;
    options.threads = 1;
    return must(check(repository, options, events, {}));
}

} // namespace saoluu::test
