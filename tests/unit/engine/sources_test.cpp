// SPDX-License-Identifier: Apache-2.0
// Sources that are out of the common: very deep ones, ones in the repository, ones with odd names.
#include "saoluu/backup.hpp"

#include "random_bytes.hpp"
#include "trees.hpp"

#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace saoluu;
using namespace saoluu::test;

namespace {

namespace fs = std::filesystem;

const std::string kDeepName(200, 'd');

/// A folder in a folder in a folder …, each with a file and a link in it: no path is handed to the
/// system whole, because it takes none of this length.
class Chain {
public:
    explicit Chain(const std::string& top) { open_.push_back(open_top(top)); }
    Chain(const Chain&) = delete;
    Chain& operator=(const Chain&) = delete;

    void grow(std::size_t levels) {
        for (std::size_t i = 0; i < levels; ++i) {
            const int folder = open_.back().get();
            const std::string text = "level " + std::to_string(i);
            const util::Fd file = must(util::open_at(folder, "file", O_WRONLY | O_CREAT, 0640, ""));
            must(util::write_all(file.get(), util::as_bytes(text), ""));
            REQUIRE(::symlinkat(text.c_str(), folder, "link") == 0);
            REQUIRE(::mkdirat(folder, kDeepName.c_str(), 0750) == 0);
            open_.push_back(must(util::open_at(folder, kDeepName, O_RDONLY | O_DIRECTORY, 0, "")));
        }
        // Times that no restore has by chance, the inner ones first.
        for (std::size_t i = open_.size(); i-- > 0;) {
            const timespec time{.tv_sec = 1'000'000 + static_cast<time_t>(i), .tv_nsec = 5};
            const timespec times[] = {time, time};
            for (const char* name : {"file", "link"})
                if (i + 1 < open_.size())
                    REQUIRE(::utimensat(open_[i].get(), name, times, AT_SYMLINK_NOFOLLOW) == 0);
            REQUIRE(::futimens(open_[i].get(), times) == 0);
        }
    }
    /// Opens what is there of a chain; how many levels.
    std::size_t follow() {
        for (;;) {
            auto next = util::open_at(open_.back().get(), kDeepName, O_RDONLY | O_DIRECTORY, 0, "");
            if (!next)
                return open_.size() - 1;
            open_.push_back(std::move(*next));
        }
    }
    /// What is at a level, as text.
    [[nodiscard]] std::string at(std::size_t level) const {
        std::string facts = describe(level, ".");
        const util::Fd file = must(util::open_at(open_[level].get(), "file", O_RDONLY, 0, ""));
        util::Bytes bytes(100);
        bytes.resize(must(util::read_some(file.get(), bytes, "")));
        facts += describe(level, "file") + std::string(util::as_text(bytes));
        std::string target(100, '\0');
        const ssize_t size = ::readlinkat(open_[level].get(), "link", target.data(), target.size());
        return facts + describe(level, "link") +
               target.substr(0, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    }
    /// Takes it away again, from within: the library's remove_all need not be able to.
    ~Chain() {
        while (open_.size() > 1) {
            open_.pop_back();
            ::unlinkat(open_.back().get(), kDeepName.c_str(), AT_REMOVEDIR);
            ::unlinkat(open_.back().get(), "file", 0);
            ::unlinkat(open_.back().get(), "link", 0);
        }
    }

private:
    static util::Fd open_top(const std::string& top) {
        fs::create_directories(top);
        return must(util::open_path(top, O_RDONLY | O_DIRECTORY));
    }
    [[nodiscard]] std::string describe(std::size_t level, const char* name) const {
        struct stat info {};
        REQUIRE(::fstatat(open_[level].get(), name, &info, AT_SYMLINK_NOFOLLOW) == 0);
        return " " + std::to_string(info.st_mode) + " " + std::to_string(info.st_mtim.tv_sec) +
               "." + std::to_string(info.st_mtim.tv_nsec) + " ";
    }
    std::vector<util::Fd> open_;
};

BackupOptions of(const std::string& source) {
    BackupOptions options;
    options.sources = {source};
    options.threads = 1;
    return options;
}

} // namespace

TEST_CASE("paths longer than the system takes at once come back, up to what the format holds") {
    const RepositoryCase repository;
    const std::string source = repository.path("source"), target = repository.path("out");
    std::size_t levels = 40; // 8,040 bytes
    bool fits = true;
    SUBCASE("within the format") {}
    SUBCASE("beyond it") {
        levels = 340; // 68,340 bytes
        fits = false;
    }
    Chain original(source);
    original.grow(levels);
    Repository backup = repository.open(key::kBackup);
    Told told;
    const BackupSummary made = must(saoluu::backup(backup, of(source), told, {}));
    CHECK(made.complete() == fits);
    CHECK(told.count(Severity::warning) == made.unreadable);
    CHECK_MESSAGE((fits || told.findings.front().text.find("longer") != std::string::npos),
                  told.text());

    Repository reader = repository.open(key::kReader);
    Chain restored(target);
    const RestoreSummary back = must(try_restore(reader, made.snapshot, source, target, told, 2));
    CHECK(back.files == made.files);
    CHECK(back.damaged + back.failed + back.not_set == 0);
    const std::size_t kept = restored.follow();
    // A path has 65,535 bytes at most.
    const std::size_t most = (65'535 - (source.size() - 1)) / (kDeepName.size() + 1);
    CHECK(kept == std::min(levels, most));
    for (std::size_t i = 0; i < kept; ++i)
        REQUIRE(restored.at(i) == original.at(i));
    CHECK_MESSAGE(check_all(reader, told).sound(), told.text());
    CHECK(restore_to(reader, made.snapshot, source, target).already_there ==
          made.files + made.others);
}

TEST_CASE("nothing in the repository can be backed up into it") {
    const RepositoryCase repository;
    const std::string odd = repository.location() + "/x\\y\nz";
    fs::create_directory(odd);
    fs::create_directory_symlink(repository.location() + "/packs", repository.path("link"));
    fs::create_directory_symlink(repository.path("link"), repository.path("link to link"));
    Repository backup = repository.open(key::kBackup);
    const std::string readme = repository.location() + "/README.txt";
    std::vector<std::string> sources = {repository.location(),
                                        repository.location() + "/",
                                        repository.location() + "/packs",
                                        repository.path("link"),
                                        repository.path("link/../.."),
                                        odd,
                                        repository.location() + "/format",
                                        repository.path("link to link")};
    for (const std::string& source : sources) {
        CAPTURE(source);
        if (source.ends_with("/../.."))
            continue;
        Told told;
        BackupOptions options = of(source);
        CHECK(fails(saoluu::backup(backup, options, told, {}), ErrorKind::usage));
        write_file(repository.path("document"), "text");
        options.sources.insert(options.sources.begin(), repository.path("document"));
        CHECK(fails(saoluu::backup(backup, options, told, {}), ErrorKind::usage));
    }
    CHECK(repository.names("snapshots/").empty());
    // A name from outside can't forge lines of what is printed.
    Told told;
    const auto refused = saoluu::backup(backup, of(odd), told, {});
    REQUIRE(!refused);
    CHECK(refused.error().message().find("/x\\\\y\\nz") != std::string::npos);
    CHECK(refused.error().message().find('\n') == std::string::npos);
    // What only begins like the repository's path is not in it.
    fs::create_directory(repository.location() + "-2");
    CHECK(saoluu::backup(backup, of(repository.location() + "-2"), told, {}));
}

TEST_CASE("a source whose name has to be escaped where it is shown is backed up under its own") {
    const RepositoryCase repository;
    for (const std::string name : {"a\\b", "a\nb", "\\x0a", "a\xff", "tab\t", "\x1b[31m"}) {
        const std::string source = repository.path(name);
        CAPTURE(source);
        fs::create_directory(source);
        write_file(source + "/" + name, name);
        Repository backup = repository.open(key::kBackup);
        const BackupSummary made = back_up(backup, source);
        CHECK(made.files == 1);
        Repository reader = repository.open(key::kReader);
        const std::string target = repository.path("out " + name);
        restore_to(reader, made.snapshot, source, target);
        check_same(tree_of(target), tree_of(source));

        fs::remove_all(source);
        Told told;
        const auto missing = saoluu::backup(backup, of(source), told, {});
        REQUIRE(fails(missing, ErrorKind::usage));
        for (const char raw : {'\n', '\t', '\x1b', '\xff'})
            CHECK(missing.error().message().find(raw) == std::string::npos);
    }
}
