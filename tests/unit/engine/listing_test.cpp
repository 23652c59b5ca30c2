// SPDX-License-Identifier: Apache-2.0
#include "looked_into.hpp"

#include <filesystem>
#include <set>

#include <sys/stat.h>
#include <unistd.h>

using namespace saoluu;
using namespace saoluu::test;

namespace fs = std::filesystem;

namespace {

std::vector<EntryInfo> list(Repository& repository, const std::string& from, bool recursive = false,
                            ListSummary* summary = nullptr) {
    Told told;
    std::vector<EntryInfo> entries;
    const ListSummary done = must(
        list_path(repository,
                  {.from = SnapshotPath::parse(from), .recursive = recursive, .with_owners = true},
                  [&](const EntryInfo& entry) {
                      entries.push_back(entry);
                      return true;
                  },
                  told, {}));
    CHECK_MESSAGE(told.findings.empty(), told.text());
    if (summary != nullptr)
        *summary = done;
    return entries;
}

std::vector<FoundVersion> find(Repository& repository, const FindOptions& options,
                               FindSummary* summary = nullptr) {
    Told told;
    std::vector<FoundVersion> found;
    const FindSummary done = must(find_files(repository, options,
                                             [&](const FoundVersion& version) {
                                                 found.push_back(version);
                                                 return true;
                                             },
                                             told, {}));
    CHECK_MESSAGE(told.findings.empty(), told.text());
    if (summary != nullptr)
        *summary = done;
    return found;
}

bool is_in(const std::string& path, const std::string& folder) {
    return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

} // namespace

TEST_CASE("a listing shows what lies in a folder, and all below it if asked") {
    const RepositoryCase case_;
    const std::string source = case_.path("source");
    make_random_tree(source, 21);
    const auto tree = tree_of(source);
    Repository backup = case_.open(key::kBackup);
    back_up(backup, source);
    Repository reader = case_.open(key::kReader);

    std::size_t folders = 0;
    for (const auto& [folder, folder_facts] : tree) {
        if (!S_ISDIR(folder_facts.mode))
            continue;
        ++folders;
        std::set<std::string> direct, all;
        for (const auto& [path, facts] : tree)
            if (is_in(path, folder)) {
                all.insert(source + path);
                if (path.find('/', folder.size() + 1) == std::string::npos)
                    direct.insert(source + path);
            }
        for (const bool recursive : {false, true}) {
            std::set<std::string> shown;
            for (const EntryInfo& entry : list(reader, "latest:" + source + folder, recursive)) {
                CHECK_MESSAGE(shown.insert(entry.path).second, entry.path);
                const NodeFacts& facts = tree.at(entry.path.substr(source.size()));
                CHECK((facts.mode & 07777U) == entry.mode);
                CHECK((entry.type == EntryType::folder) == S_ISDIR(facts.mode));
                CHECK((entry.type == EntryType::file) == S_ISREG(facts.mode));
                CHECK((entry.type == EntryType::fifo) == S_ISFIFO(facts.mode));
                CHECK(entry.modified == facts.mtime_seconds);
                CHECK(entry.modified_nanoseconds == facts.mtime_nanoseconds);
                if (entry.type == EntryType::symlink)
                    CHECK(entry.target == facts.content);
                else
                    CHECK(entry.target.empty());
                if (entry.type == EntryType::file)
                    CHECK(entry.size == fs::file_size(entry.path));
            }
            CHECK(shown == (recursive ? all : direct));
        }
    }
    CHECK(folders > 3);
}

TEST_CASE("a listing of a file shows the file, with names of its owners") {
    const RepositoryCase case_;
    const std::string source = case_.path("source");
    fs::create_directory(source);
    write_file(source + "/file", "12345");
    Repository backup = case_.open(key::kBackup);
    const std::string id = back_up(backup, source).snapshot;
    Repository reader = case_.open(key::kReader);
    ListSummary summary;
    const auto entries = list(reader, id.substr(0, 10) + ":" + source + "//file/", false, &summary);
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].path == source + "/file");
    CHECK(entries[0].size == 5);
    if (::geteuid() == 0)
        CHECK(entries[0].user == "root");
    CHECK(summary.snapshot == id);
    CHECK(summary.counts.files == 1);
    CHECK(summary.counts.bytes == 5);
    CHECK(summary.counts.folders == 0);
    const auto top = list(reader, "latest");
    REQUIRE(top.size() == 1);
    CHECK(top[0].path == source.substr(0, source.find('/', 1)));
}

TEST_CASE("what is not there is told with the nearest folder that is") {
    const RepositoryCase case_;
    const std::string source = case_.path("source");
    fs::create_directories(source + "/a/b");
    Repository backup = case_.open(key::kBackup);
    back_up(backup, source);
    Repository reader = case_.open(key::kReader);
    Told told;
    const auto error_of = [&](const std::string& path) {
        const auto listed = list_path(reader, {.from = {.snapshot = "latest", .path = path}},
                                      [](const EntryInfo&) { return true; }, told, {});
        REQUIRE(fails(listed, ErrorKind::not_found));
        return listed.error().message();
    };
    CHECK(error_of(source + "/a/c/d/e").ends_with(": " + source + "/a"));
    CHECK(error_of(source + "/a/b/c").ends_with(": " + source + "/a/b"));
    CHECK(error_of("/nowhere/at/all").ends_with(": /"));
    CHECK(error_of(source + "/x\x1b[0m").find('\x1b') == std::string::npos);
    const auto bad = list_path(reader, {.from = {.snapshot = "latest", .path = "/a/../b"}},
                               [](const EntryInfo&) { return true; }, told, {});
    CHECK(fails(bad, ErrorKind::usage));
}

TEST_CASE("looking into snapshots takes a key that may read") {
    const RepositoryCase case_;
    const std::string source = case_.path("source");
    fs::create_directory(source);
    Repository backup = case_.open(key::kBackup);
    back_up(backup, source);
    Told told;
    CHECK(fails(list_path(backup, {.from = {.snapshot = "latest"}},
                          [](const EntryInfo&) { return true; }, told, {}),
                ErrorKind::wrong_key));
    CHECK(fails(
        find_files(backup, {.pattern = "*"}, [](const FoundVersion&) { return true; }, told, {}),
        ErrorKind::wrong_key));
    CHECK(fails(diff_snapshots(backup, {.before = "latest", .after = "latest"},
                               [](const DiffEntry&) { return true; }, told, {}),
                ErrorKind::wrong_key));
}

TEST_CASE("a listing of a folder reads few pages, whatever lies deep in it") {
    const WideCase wide;
    Counted counted(wide.repository);
    list(counted.repository(), "latest:" + wide.source, true);
    const std::size_t all = counted.chunks_read();
    CHECK(all > 30);

    const auto entries = list(counted.repository(), "latest:" + wide.source);
    CHECK(entries.size() == WideCase::kFolders + 1);
    // Inner pages, the note, headers of packs, and those in which a folder begins.
    const std::size_t few = counted.chunks_read();
    CHECK(few <= 8 + WideCase::kFolders);
    CHECK(few < all / 2);
    CHECK(list(counted.repository(), "latest:" + wide.source + "/zzz").size() == 1);
    CHECK(counted.chunks_read() <= 7);
}

TEST_CASE("a listing ends when enough was seen, or when it is stopped") {
    const RepositoryCase case_;
    const std::string source = case_.path("source");
    make_random_tree(source, 22);
    Repository backup = case_.open(key::kBackup);
    back_up(backup, source);
    Repository reader = case_.open(key::kReader);
    Told told;
    int seen = 0;
    const auto all = SnapshotPath::parse("latest");
    must(list_path(reader, {.from = all, .recursive = true},
                   [&](const EntryInfo&) { return ++seen < 3; }, told, {}));
    CHECK(seen == 3);
    seen = 0;
    must(find_files(reader, {.pattern = "*", .every_snapshot = true},
                    [&](const FoundVersion&) { return ++seen < 3; }, told, {}));
    CHECK(seen == 3);

    std::stop_source stopper;
    stopper.request_stop();
    CHECK(fails(list_path(
                    reader, {.from = all}, [](const EntryInfo&) { return true; }, told,
                    stopper.get_token()),
                ErrorKind::interrupted));
    CHECK(fails(find_files(
                    reader, {.pattern = "*"}, [](const FoundVersion&) { return true; }, told,
                    stopper.get_token()),
                ErrorKind::interrupted));
}

TEST_CASE("a search finds each version once, the newest snapshot first") {
    const RepositoryCase case_;
    const std::string source = case_.path("source");
    fs::create_directories(source + "/sub/báo cáo");
    Repository backup = case_.open(key::kBackup);
    std::vector<std::string> ids;
    write_file(source + "/sub/a.docx", "first");
    write_file(source + "/same.docx", "same");
    write_file(source + "/other.txt", "x");
    ids.push_back(back_up(backup, source).snapshot);
    ids.push_back(back_up(backup, source).snapshot);
    write_file(source + "/sub/a.docx", "second, longer");
    ids.push_back(back_up(backup, source).snapshot);

    Repository reader = case_.open(key::kReader);
    FindSummary summary;
    const auto found = find(reader, {.pattern = "*.docx"}, &summary);
    REQUIRE(found.size() == 3);
    CHECK(found[0].entry.path == source + "/same.docx");
    CHECK(found[0].snapshots == 3);
    CHECK(found[0].snapshot == ids[2]);
    CHECK(found[0].oldest == ids[0]);
    CHECK(found[1].entry.path == source + "/sub/a.docx");
    CHECK(found[1].entry.size == 14);
    CHECK(found[1].snapshots == 1);
    CHECK(found[1].snapshot == ids[2]);
    CHECK(found[2].entry.size == 5);
    CHECK(found[2].snapshots == 2);
    CHECK(found[2].snapshot == ids[1]);
    CHECK(found[2].oldest == ids[0]);
    CHECK(summary.hits == 6);
    CHECK(summary.versions == 3);
    CHECK(summary.snapshots == 3);

    const auto each = find(reader, {.pattern = "*.docx", .every_snapshot = true});
    REQUIRE(each.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(each[i].snapshot == ids[2 - i / 2]);
        CHECK(each[i].entry.path == source + (i % 2 == 0 ? "/same.docx" : "/sub/a.docx"));
        CHECK(each[i].entry.size == (i % 2 == 0 ? 4 : i == 1 ? 14 : 5));
    }

    const auto in_one = find(reader, {.pattern = "a.docx", .snapshots = {ids[0], ids[0]}});
    REQUIRE(in_one.size() == 1);
    CHECK(in_one[0].entry.size == 5);
    CHECK(find(reader, {.pattern = "báo*"}).size() == 1);
    CHECK(find(reader, {.pattern = "báo*", .type = EntryType::file}).empty());
    CHECK(find(reader, {.pattern = "báo*", .type = EntryType::folder}).size() == 1);
    CHECK(find(reader, {.pattern = source + "/*.docx"}).size() == 1);
    CHECK(find(reader, {.pattern = "sub/*"}).empty()); // anchored at the top

    Told told;
    const auto search = [&](const FindOptions& options) {
        return find_files(reader, options, [](const FoundVersion&) { return true; }, told, {});
    };
    CHECK(fails(search({.pattern = "# a"}), ErrorKind::usage));
    CHECK(fails(search({.pattern = "!a"}), ErrorKind::usage));
    CHECK(fails(search({.pattern = "[a"}), ErrorKind::usage));
    CHECK(fails(search({.pattern = "a", .snapshots = {"ffffffffffff"}}), ErrorKind::not_found));
}

TEST_CASE("a search reads once what snapshots share") {
    const WideCase wide;
    Repository backup = wide.repository.open(key::kBackup);
    Counted counted(wide.repository);
    CHECK(find(counted.repository(), {.pattern = "file-7"}).size() == WideCase::kFolders);
    const std::size_t once = counted.chunks_read();
    CHECK(once > 30);
    for (int i = 0; i < 3; ++i) {
        write_file(wide.source + "/f5/file-7", std::to_string(i));
        back_up(backup, wide.source);
    }
    Counted again(wide.repository);
    const auto found = find(again.repository(), {.pattern = "file-7"});
    CHECK(found.size() == WideCase::kFolders + 3);
    CHECK(again.chunks_read() <= once + 3 * 8);
}

TEST_CASE("a page that is damaged costs what it holds") {
    const WideCase wide;
    Told told;
    const std::vector<std::string> all = [&] {
        Repository reader = wide.repository.open(key::kReader);
        std::vector<std::string> paths;
        for (const EntryInfo& entry : list(reader, "latest:" + wide.source, true))
            paths.push_back(entry.path);
        return paths;
    }();
    wide.damage_page_of(wide.source + "/f3/file-500");
    Repository reader = wide.repository.open(key::kReader);
    std::vector<std::string> shown;
    const ListSummary summary = must(
        list_path(reader, {.from = SnapshotPath::parse("latest:" + wide.source), .recursive = true},
                  [&](const EntryInfo& entry) {
                      shown.push_back(entry.path);
                      return true;
                  },
                  told, {}));
    CHECK(summary.damaged == 1);
    CHECK(told.count(Severity::damage) == 1);
    CHECK(shown.size() < all.size());
    CHECK(shown.size() > all.size() / 2);
    CHECK(std::ranges::includes(std::set<std::string>(all.begin(), all.end()),
                                std::set<std::string>(shown.begin(), shown.end())));

    Told lost;
    const ListSummary one = must(
        list_path(reader, {.from = SnapshotPath::parse("latest:" + wide.source + "/f3/file-500")},
                  [](const EntryInfo&) { return true; }, lost, {}));
    CHECK(one.counts.files == 0);
    CHECK(one.damaged == 1);

    Told searched;
    std::size_t hits = 0;
    const FindSummary found =
        must(find_files(reader, {.pattern = "file-500"},
                        [&](const FoundVersion&) { return ++hits > 0; }, searched, {}));
    CHECK(found.damaged == 1);
    CHECK(hits < WideCase::kFolders);
    CHECK(hits >= WideCase::kFolders - 2);
}
