// SPDX-License-Identifier: Apache-2.0
// What of the sources is backed up.
#include "trees.hpp"

#include <filesystem>
#include <set>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace saoluu;
using namespace saoluu::test;

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCacheTag = "Signature: 8a477f597d28d172789f06886806bc55\n# ours\n";

/// Files by name, each with a little content.
void make_files(const std::string& folder, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        fs::create_directories(fs::path(folder + "/" + name).parent_path());
        write_file(folder + "/" + name, name);
    }
}

/// What a backup with these options holds, as paths below the source; folders end in `/`.
std::set<std::string> taken(const RepositoryCase& repository, const std::string& source,
                            BackupOptions options, BackupSummary* summary = nullptr) {
    Repository backup = repository.open(key::kBackup);
    options.sources = {source};
    Told told;
    const BackupSummary made = must(saoluu::backup(backup, options, told, {}));
    if (summary != nullptr)
        *summary = made;
    Repository reader = repository.open(key::kReader);
    const ScratchFolder out = ScratchFolder::in_memory();
    restore_to(reader, made.snapshot, source, out / "out");
    std::set<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(out / "out")) {
        const std::string path = fs::relative(entry.path(), out / "out").string();
        paths.insert(entry.is_directory() ? path + "/" : path);
    }
    return paths;
}

} // namespace

TEST_CASE("patterns leave out what they match, anchored ones from the source") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    make_files(source, {"a.tmp", "keep.tmp", "build/x", "docs/build/y", "docs/a.tmp", "docs/b"});
    write_file(repository.path("patterns"), "\xef\xbb\xbf# with a mark and CRLF\r\n*.tmp\r\n");
    BackupOptions options;
    options.exclude_files = {repository.path("patterns")};
    options.excludes = {"!keep.tmp", "/build/"};
    BackupSummary summary;
    CHECK(taken(repository, source, options, &summary) ==
          std::set<std::string>{"docs/", "docs/b", "docs/build/", "docs/build/y", "keep.tmp"});
    CHECK(summary.excluded == 3);
    CHECK(summary.complete());
}

TEST_CASE("a pattern or a file of them that makes no sense is refused, and nothing is stored") {
    const RepositoryCase repository;
    make_files(repository.path("source"), {"a"});
    Repository backup = repository.open(key::kBackup);
    const auto before = repository.names();
    BackupOptions options;
    options.sources = {repository.path("source")};
    Told told;
    options.excludes = {"[a"};
    CHECK(fails(saoluu::backup(backup, options, told, {}), ErrorKind::usage));
    options.excludes = {};
    options.exclude_files = {repository.path("none")};
    CHECK(!saoluu::backup(backup, options, told, {}));
    CHECK(repository.names() == before);
}

TEST_CASE("files over a size are left out") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    make_files(source, {"12345", "123456", "folder/1"});
    BackupOptions options;
    options.exclude_larger_than = 5;
    CHECK(taken(repository, source, options) == std::set<std::string>{"12345", "folder/"});
    options.exclude_larger_than = 0;
    CHECK(taken(repository, source, options) == std::set<std::string>{"folder/"});
}

TEST_CASE("a folder with a cache's tag is stored with nothing but the tag, and that is said") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    make_files(source, {"cache/a", "cache/below/b", "other/CACHEDIR.TAG", "other/c"});
    write_file(source + "/cache/CACHEDIR.TAG", kCacheTag);
    BackupOptions options;
    CHECK(taken(repository, source, options) ==
          std::set<std::string>{"cache/", "cache/CACHEDIR.TAG", "other/", "other/CACHEDIR.TAG",
                                "other/c"});
    Repository backup = repository.open(key::kBackup);
    options.sources = {source};
    Told told;
    must(saoluu::backup(backup, options, told, {}));
    CHECK(told.has(Severity::notice, "/cache"));
    options.keep_caches = true;
    CHECK(taken(repository, source, options).contains("cache/below/b"));
}

TEST_CASE("a tag that leads elsewhere is none") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    make_files(source, {"a/b", "c/d"});
    write_file(repository.path("tag"), kCacheTag);
    fs::create_symlink(repository.path("tag"), source + "/a/CACHEDIR.TAG");
    REQUIRE(::mkfifo((source + "/c/CACHEDIR.TAG").c_str(), 0600) == 0); // must not be waited for
    const auto paths = taken(repository, source, {});
    CHECK(paths.contains("a/b"));
    CHECK(paths.contains("c/d"));
}

TEST_CASE("one file system only: what is mounted inside is left out, its folder stays") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    make_files(source, {"a", "mounted/below"});
    if (::mount("none", (source + "/mounted").c_str(), "tmpfs", 0, "size=1m") != 0) {
        MESSAGE("skipped: a file system can be mounted by root only");
        return;
    }
    struct Unmount {
        std::string path;
        ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
    } const unmount{source + "/mounted"};
    make_files(source, {"mounted/other"});
    BackupOptions options;
    CHECK(taken(repository, source, options).contains("mounted/other"));
    options.one_file_system = true;
    CHECK(taken(repository, source, options) == std::set<std::string>{"a", "mounted/"});
}

TEST_CASE("where a name leads is said") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    make_files(source, {"a"});
    fs::create_symlink(source, repository.path("link"));
    Repository backup = repository.open(key::kBackup);
    BackupOptions options;
    Told told;
    options.sources = {source + "/"};
    must(saoluu::backup(backup, options, told, {}));
    const std::string real = fs::canonical(source);
    CHECK(told.findings.size() == (real == source ? 0 : 1));
    told.findings.clear();
    options.sources = {repository.path("link")};
    must(saoluu::backup(backup, options, told, {}));
    REQUIRE(told.findings.size() == 1);
    CHECK(told.findings.front().text.find(real) != std::string::npos);
}
