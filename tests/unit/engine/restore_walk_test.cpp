// SPDX-License-Identifier: Apache-2.0
// What of a snapshot a restore takes, and what it tells on the way.
#include "engine/restore_walk.hpp"

#include "counting_store.hpp"
#include "made_snapshots.hpp"
#include "random_bytes.hpp"

#include <filesystem>
#include <set>

using namespace saoluu;
using namespace saoluu::test;
using format::Entry;
using format::FileType;

namespace {

namespace fs = std::filesystem;

/// a/b/x.txt a/b/y.doc a/empty/ c/x.txt top.txt
struct SmallTree {
    RepositoryCase repository;
    std::string snapshot;

    SmallTree() {
        SnapshotMaker maker(repository);
        std::vector<Entry> entries = {folder_at("a"),
                                      folder_at("a/b"),
                                      folder_at("a/empty"),
                                      folder_at("c"),
                                      maker.file_of("a/b/x.txt", "x"),
                                      maker.file_of("a/b/y.doc", "y"),
                                      maker.file_of("c/x.txt", "x"),
                                      maker.file_of("top.txt", "top")};
        for (Entry& entry : entries)
            entry.mtime_seconds = 1'000'000;
        snapshot = maker.commit(entries);
    }
    /// Paths that come back.
    std::set<std::string> restored(const std::vector<std::string>& includes,
                                   const std::vector<std::string>& excludes,
                                   const std::string& below = "/") const {
        const ScratchFolder folder = ScratchFolder::in_memory();
        Repository reader = repository.open(key::kReader);
        RestoreOptions options;
        options.from = {.snapshot = snapshot, .path = below};
        options.target = folder / "out";
        options.includes = includes;
        options.excludes = excludes;
        Told told;
        const RestoreSummary made = must(restore(reader, options, told, {}));
        CHECK_MESSAGE(told.findings.empty(), told.text());
        std::set<std::string> paths;
        std::uint64_t files = 0;
        for (const auto& node : tree_of(options.target)) {
            if (node.first.empty())
                continue;
            paths.insert(node.first.substr(1));
            CHECK_MESSAGE(node.second.mtime_seconds == 1'000'000, node.first);
            files += S_ISREG(node.second.mode) ? 1U : 0U;
        }
        CHECK(made.files == files);
        return paths;
    }
};

using Paths = std::set<std::string>;

class Watcher final : public Events {
public:
    explicit Watcher(std::stop_source* stop = nullptr) : stop_(stop) {}
    void progress(const Progress& progress) override {
        last = progress;
        if (stop_ != nullptr)
            stop_->request_stop();
    }
    Progress last;

private:
    std::stop_source* stop_;
};

} // namespace

TEST_CASE("includes take files, and folders on the way to them") {
    const SmallTree tree;
    CHECK(tree.restored({"*.txt"}, {}) ==
          Paths{"a", "a/b", "a/b/x.txt", "c", "c/x.txt", "top.txt"});
    CHECK(tree.restored({"/c"}, {}) == Paths{"c", "c/x.txt"});
    CHECK(tree.restored({"empty/"}, {}) == Paths{"a", "a/empty"});
    CHECK(tree.restored({"y.doc", "/top.txt"}, {}) == Paths{"a", "a/b", "a/b/y.doc", "top.txt"});
    CHECK(tree.restored({"nothing"}, {}).empty());
    CHECK(tree.restored({"*.txt", "!/c/x.txt"}, {}) == Paths{"a", "a/b", "a/b/x.txt", "top.txt"});
}

TEST_CASE("excludes outweigh includes, and take whole folders") {
    const SmallTree tree;
    CHECK(tree.restored({}, {"a/b/"}) == Paths{"a", "a/empty", "c", "c/x.txt", "top.txt"});
    CHECK(tree.restored({}, {"*.txt"}) == Paths{"a", "a/b", "a/b/y.doc", "a/empty", "c"});
    CHECK(tree.restored({"*.txt"}, {"/a"}) == Paths{"c", "c/x.txt", "top.txt"});
    CHECK(tree.restored({}, {"*"}).empty());
}

TEST_CASE("patterns count from what is restored, not from the root") {
    const SmallTree tree;
    CHECK(tree.restored({"/b"}, {}, "/a") == Paths{"b", "b/x.txt", "b/y.doc"});
    CHECK(tree.restored({}, {"/x.txt"}, "/a/b") == Paths{"y.doc"});
    CHECK(tree.restored({"x.txt"}, {}, "/a/b/x.txt") == Paths{"x.txt"});
}

TEST_CASE("a pattern that makes no sense is a usage error that names it") {
    const SmallTree tree;
    Repository reader = tree.repository.open(key::kReader);
    RestoreOptions options;
    options.from = {.snapshot = tree.snapshot, .path = "/"};
    options.target = tree.repository.path("out");
    options.excludes = {"[a"};
    Told told;
    const auto made = restore(reader, options, told, {});
    CHECK(fails(made, ErrorKind::usage));
    CHECK(made.error().message().find("[a") != std::string::npos);
    CHECK(!fs::exists(options.target));
}

TEST_CASE("with includes an existing folder that holds nothing of them is left as it is") {
    const SmallTree tree;
    const std::string out = tree.repository.path("out");
    fs::create_directories(out + "/a/empty");
    const auto before = tree_of(out + "/a/empty");
    Repository reader = tree.repository.open(key::kReader);
    RestoreOptions options;
    options.includes = {"/c"};
    Told told;
    restore_all(reader, tree.snapshot, out, told, options);
    check_same(tree_of(out + "/a/empty"), before);
}

TEST_CASE("pages of a folder that is excluded are not read") {
    const RepositoryCase repository;
    SnapshotMaker maker(repository);
    std::vector<Entry> entries = {folder_at("a"), folder_at("b"), maker.file_of("b/one", "1")};
    for (int i = 0; i < 20'000; ++i)
        entries.push_back(entry_of("a/" + std::to_string(i), FileType::file));
    const std::string snapshot = maker.commit(entries);
    const auto catalog_reads = [&](const std::vector<std::string>& excludes) {
        const auto reads = std::make_shared<CountingStore::Reads>();
        Told told;
        Repository reader(std::make_unique<Repository::Impl>(Repository::Impl{
            must(repo::open_access_over(std::make_unique<CountingStore>(repository.store(), reads),
                                        repository.options(key::kReader), told))}));
        RestoreOptions options;
        options.excludes = excludes;
        options.dry_run = true;
        restore_all(reader, snapshot, repository.path("out"), told, options);
        std::size_t count = 0;
        for (const auto& [name, all] : reads->of)
            count += name.starts_with("packs/") ? all.size() : 0;
        return count;
    };
    const std::size_t all = catalog_reads({});
    CHECK(all > 20);
    CHECK(catalog_reads({"/a"}) < 10);
}

TEST_CASE("what can't be made is told once, with what was to be in it") {
    const SmallTree tree;
    const std::string out = tree.repository.path("out");
    fs::create_directory(out);
    write_file(out + "/a", "in the way");
    Repository reader = tree.repository.open(key::kReader);
    Told told;
    const RestoreSummary made = restore_all(reader, tree.snapshot, out, told);
    CHECK(made.failed == 5); // a, b, x.txt, y.doc, empty
    CHECK(told.findings.size() == 2);
    CHECK(made.files == 2);
}

TEST_CASE("progress knows the whole where the whole snapshot is restored") {
    const RepositoryCase repository;
    const std::string source = repository.path("source");
    fs::create_directory(source);
    for (int i = 0; i < 32; ++i)
        write_file(source + "/" + std::to_string(i), random_bytes(1000, static_cast<unsigned>(i)));
    Repository backup = repository.open(key::kBackup);
    const std::string snapshot = back_up(backup, source).snapshot;
    Repository reader = repository.open(key::kReader);
    RestoreOptions options;
    Watcher watcher;
    restore_all(reader, snapshot, repository.path("out"), watcher, options);
    CHECK(watcher.last.total_files == 32);
    CHECK(watcher.last.total_bytes == 32'000);
    CHECK(watcher.last.files == 32);
    CHECK(watcher.last.bytes == 32'000);
    options.excludes = {"nothing"};
    restore_all(reader, snapshot, repository.path("out2"), watcher, options);
    CHECK(watcher.last.total_files == 0);
}

TEST_CASE("an interrupted restore ends soon, leaves no parts, and the next finishes it") {
    const RepositoryCase repository;
    SnapshotMaker maker(repository);
    std::vector<Entry> entries;
    std::vector<format::Segment> shared;
    for (std::uint64_t i = 0; i < 4; ++i)
        shared.emplace_back(maker.chunk(random_bytes(200'000, i + 1)));
    for (int i = 0; i < 400; ++i) {
        entries.push_back(maker.file_of("small" + std::to_string(i), std::to_string(i)));
        if (i < 50)
            entries.push_back(maker.file_of("large" + std::to_string(i), shared));
    }
    const std::string snapshot = maker.commit(entries);
    const std::string out = repository.path("out");
    Repository reader = repository.open(key::kReader);
    std::stop_source stop;
    Watcher watcher(&stop);
    RestoreOptions options;
    options.from = {.snapshot = snapshot, .path = "/"};
    options.target = out;
    options.threads = 2;
    CHECK(fails(restore(reader, options, watcher, stop.get_token()), ErrorKind::interrupted));
    const auto half = tree_of(out);
    CHECK(half.size() > 1);
    CHECK(half.size() < entries.size());
    for (const auto& [path, facts] : half)
        CHECK(path.find(".saoluu-") == std::string::npos);
    Told told;
    const RestoreSummary made = restore_all(reader, snapshot, out, told);
    CHECK_MESSAGE(told.findings.empty(), told.text());
    CHECK(made.already_there == half.size() - 1);
    CHECK(made.files + made.already_there == entries.size());
    CHECK(tree_of(out).size() == entries.size() + 1);
}
