// SPDX-License-Identifier: Apache-2.0
#include "looked_into.hpp"
#include "random_bytes.hpp"

#include <filesystem>
#include <map>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace saoluu;
using namespace saoluu::test;

namespace fs = std::filesystem;

namespace {

struct Seen {
    std::map<std::string, DiffEntry> entries;
    std::vector<std::string> order;
    DiffSummary summary;
    std::vector<Finding> findings;
};

Seen diff(Repository& repository, const DiffOptions& options) {
    Seen seen;
    Told told;
    seen.summary =
        must(diff_snapshots(repository, options,
                            [&](const DiffEntry& entry) {
                                CHECK_MESSAGE(seen.entries.emplace(entry.path, entry).second,
                                              entry.path);
                                seen.order.push_back(entry.path);
                                return true;
                            },
                            told, {}));
    seen.findings = told.findings;
    return seen;
}

void set_time(const std::string& path, time_t seconds) {
    const timespec times[] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
                              {.tv_sec = seconds, .tv_nsec = 5}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
}

/// What the two trees say of a path that they don't agree on.
Change change_of(const NodeFacts* before, const NodeFacts* after) {
    if (before == nullptr)
        return Change::added;
    if (after == nullptr)
        return Change::removed;
    if ((before->mode & S_IFMT) != (after->mode & S_IFMT))
        return Change::type;
    return before->content != after->content ? Change::content : Change::metadata;
}

/// Another tree made of a random one: files gone, changed, touched, turned into folders, and added.
void change_at_random(const std::string& folder, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        paths.push_back(entry.path());
    for (const std::string& path : paths) {
        struct stat info {};
        if (::lstat(path.c_str(), &info) != 0)
            continue; // gone with its folder
        switch (random() % 8) {
        case 0:
            fs::remove_all(path);
            break;
        case 1:
            if (S_ISREG(info.st_mode))
                write_file(path, random_bytes(200'000, seed));
            break;
        case 2:
            if (!S_ISLNK(info.st_mode))
                REQUIRE(::chmod(path.c_str(), info.st_mode ^ 0010) == 0);
            break;
        case 3:
            set_time(path, 12345);
            break;
        case 4:
            fs::remove_all(path);
            fs::create_directories(path + "/in/side");
            break;
        case 5:
            write_file(path.substr(0, path.rfind('/')) + "/new", "new");
            break;
        default:
            break;
        }
    }
}

} // namespace

TEST_CASE("a comparison says what two trees of files say") {
    const auto seed = std::random_device()();
    CAPTURE(seed);
    const RepositoryCase case_;
    const std::string source = case_.path("source");
    make_random_tree(source, seed);
    Repository backup = case_.open(key::kBackup);
    const auto before = tree_of(source);
    const std::string first = back_up(backup, source).snapshot;
    change_at_random(source, seed);
    const auto after = tree_of(source);
    const std::string second = back_up(backup, source).snapshot;

    Repository reader = case_.open(key::kReader);
    for (const bool backwards : {false, true}) {
        const auto& a = backwards ? after : before;
        const auto& b = backwards ? before : after;
        const Seen seen = diff(reader, {.before = backwards ? second : first,
                                        .after = backwards ? first : second,
                                        .path = source,
                                        .folder_times = true});
        CHECK(seen.findings.empty());
        std::map<std::string, Change> wanted;
        for (const auto& [path, facts] : a)
            if (const auto other = b.find(path); other == b.end() || !(other->second == facts))
                wanted.emplace(source + path,
                               change_of(&facts, other == b.end() ? nullptr : &other->second));
        for (const auto& [path, facts] : b)
            if (!a.contains(path))
                wanted.emplace(source + path, Change::added);
        CHECK(wanted.size() == seen.entries.size());
        for (const auto& one : wanted) {
            const std::string& path = one.first; // messages can't hold a structured binding
            const Change change = one.second;
            const auto found = seen.entries.find(path);
            REQUIRE_MESSAGE(found != seen.entries.end(), path);
            CHECK_MESSAGE(found->second.change == change, path);
            CHECK(found->second.before.has_value() == (change != Change::added));
            CHECK(found->second.after.has_value() == (change != Change::removed));
        }
        CHECK(std::ranges::is_sorted(seen.order, [](const auto& x, const auto& y) {
            return format::compare_paths(x, y) < 0;
        }));
        CHECK(seen.summary.added + seen.summary.removed + seen.summary.content + seen.summary.type +
                  seen.summary.metadata ==
              wanted.size());
        CHECK(!seen.summary.same());
    }
    CHECK(diff(reader, {.before = second, .after = second}).summary.same());
}

TEST_CASE("a comparison tells what changed, and how much") {
    const RepositoryCase case_;
    const std::string source = case_.path("source");
    fs::create_directories(source + "/sub");
    for (const char* const name : {"/same", "/gone", "/content", "/mode", "/time", "/sub/in"})
        write_file(source + name, "12345");
    fs::create_symlink("a", source + "/link");
    Repository backup = case_.open(key::kBackup);
    const std::string first = back_up(backup, source).snapshot;
    fs::remove(source + "/gone");
    write_file(source + "/content", "1234567");
    REQUIRE(::chmod((source + "/mode").c_str(), 0640) == 0);
    set_time(source + "/time", 99);
    fs::remove(source + "/link");
    fs::create_symlink("b", source + "/link");
    write_file(source + "/new", "123");
    fs::remove(source + "/sub/in");
    fs::create_directory(source + "/sub/in");
    const std::string second = back_up(backup, source).snapshot;

    Repository reader = case_.open(key::kReader);
    const Seen seen = diff(reader, {.before = first, .after = second, .path = source});
    const auto entry = [&](const std::string& name) { return seen.entries.at(source + name); };
    CHECK(seen.entries.size() == 7); // without the folders, of which only the time is new
    CHECK(entry("/gone").change == Change::removed);
    CHECK(entry("/new").change == Change::added);
    CHECK(entry("/content").change == Change::content);
    CHECK(entry("/link").change == Change::content);
    CHECK(entry("/sub/in").change == Change::type);
    CHECK(entry("/mode").change == Change::metadata);
    CHECK(entry("/mode").differs.mode);
    CHECK(!entry("/mode").differs.time);
    CHECK(entry("/mode").after->mode == 0640);
    CHECK(entry("/time").differs.time);
    CHECK(!entry("/time").differs.mode);
    CHECK(!entry("/time").differs.content);
    CHECK(seen.summary.before == first);
    CHECK(seen.summary.after == second);
    CHECK(seen.summary.added_bytes == 3);
    CHECK(seen.summary.removed_bytes == 10);
    CHECK(seen.summary.changed_bytes == 7);
    CHECK(seen.summary.metadata == 2);

    const Seen sub = diff(reader, {.before = first, .after = "latest", .path = source + "/sub"});
    CHECK(sub.entries.size() == 1);
    CHECK(diff(reader, {.before = first, .after = second, .path = source + "/new"}).summary.added ==
          1);
    Told told;
    const auto none =
        diff_snapshots(reader, {.before = first, .after = second, .path = source + "/sub/no"},
                       [](const DiffEntry&) { return true; }, told, {});
    REQUIRE(fails(none, ErrorKind::not_found));
    CHECK(none.error().message().ends_with(": " + source + "/sub"));
    int count = 0;
    must(diff_snapshots(reader, {.before = first, .after = second},
                        [&](const DiffEntry&) { return ++count < 2; }, told, {}));
    CHECK(count == 2);
    std::stop_source stopper;
    stopper.request_stop();
    CHECK(fails(diff_snapshots(
                    reader, {.before = first, .after = second},
                    [](const DiffEntry&) { return true; }, told, stopper.get_token()),
                ErrorKind::interrupted));
}

TEST_CASE("a comparison reads only pages that are not the same") {
    const WideCase wide;
    Repository backup = wide.repository.open(key::kBackup);
    write_file(wide.source + "/f2/file-7", "changed");
    fs::remove(wide.source + "/f6/file-100");
    const std::string second = back_up(backup, wide.source).snapshot;
    Counted counted(wide.repository);
    const Seen seen = diff(counted.repository(), {.before = wide.snapshot, .after = second});
    CHECK(seen.entries.size() == 2);
    CHECK(seen.summary.content == 1);
    CHECK(seen.summary.removed == 1);
    // Of each: the inner pages, those of the two changes and of folders' times, pack headers.
    CHECK(counted.chunks_read() <= 20);
    CHECK(diff(counted.repository(), {.before = second, .after = second}).summary.same());
    CHECK(counted.chunks_read() == 0);
}

TEST_CASE("snapshots without a common chunk id are compared by size and time") {
    const RepositoryCase case_;
    const std::string source = case_.path("source");
    fs::create_directory(source);
    for (const char* const name : {"/same", "/longer", "/touched"})
        write_file(source + name, "12345");
    Repository backup = case_.open(key::kBackup);
    const std::string first = back_up(backup, source).snapshot;
    write_file(source + "/longer", "123456");
    set_time(source + "/touched", 7);
    Repository other = case_.open(key::kOther);
    const std::string second = back_up(other, source).snapshot;
    Repository reader = case_.open(key::kReader);
    const Seen seen = diff(reader, {.before = first, .after = second, .path = source});
    REQUIRE(seen.findings.size() == 1);
    CHECK(seen.findings[0].severity == Severity::notice);
    CHECK(seen.entries.size() == 2);
    CHECK(seen.entries.at(source + "/longer").change == Change::content);
    CHECK(seen.entries.at(source + "/touched").change == Change::content);
}

TEST_CASE("what a damaged page held is not said to be added or removed") {
    const WideCase wide;
    Repository backup = wide.repository.open(key::kBackup);
    // Pages of f3 are other ones in the second snapshot, so that the damaged one is only in one.
    for (std::size_t i = 0; i < WideCase::kFiles; ++i)
        REQUIRE(::chmod((wide.source + "/f3/file-" + std::to_string(i)).c_str(), 0644) == 0);
    write_file(wide.source + "/f6/new", "");
    const std::string second = back_up(backup, wide.source).snapshot;
    wide.damage_page_of(wide.source + "/f3/file-500");
    Repository reader = wide.repository.open(key::kReader);
    for (const bool backwards : {false, true}) {
        const Seen seen = diff(reader, {.before = backwards ? second : wide.snapshot,
                                        .after = backwards ? wide.snapshot : second});
        CHECK(seen.summary.damaged == 1);
        REQUIRE(seen.findings.size() == 1);
        CHECK(seen.findings[0].severity == Severity::damage);
        CHECK(seen.summary.unknown > 0);
        CHECK(seen.summary.unknown < 2 * WideCase::kFiles);
        CHECK(seen.summary.unknown + seen.summary.metadata >= WideCase::kFiles);
        CHECK(seen.summary.added + seen.summary.removed == 1);
        CHECK(seen.entries.at(wide.source + "/f6/new").change ==
              (backwards ? Change::removed : Change::added));
    }
}
