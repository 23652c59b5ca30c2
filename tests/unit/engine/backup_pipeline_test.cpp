// SPDX-License-Identifier: Apache-2.0
#include "engine/backup_pipeline.hpp"

#include "random_bytes.hpp"
#include "trees.hpp"

#include <filesystem>
#include <functional>

using namespace saoluu;
using namespace saoluu::test;

namespace {

namespace fs = std::filesystem;

/// What a scan would have found of this file a moment ago.
engine::ScanItem scanned(const std::string& folder, const std::string& name) {
    engine::ScanItem item;
    item.path = name == "." ? "" : name;
    item.name = name;
    item.folder =
        std::make_shared<const util::Fd>(must(util::open_path(folder, O_RDONLY | O_DIRECTORY)));
    REQUIRE(::fstatat(item.folder->get(), name.c_str(), &item.info, AT_SYMLINK_NOFOLLOW) == 0);
    return item;
}

/// A backup of which the test itself is the scan.
struct UnderWay {
    explicit UnderWay(const RepositoryCase& repository)
        : access(repository.access(key::kBackup)), list(repository.path("list"), {}) {
        pipeline.start();
    }
    /// Ends the run as a snapshot; its id.
    std::string commit() {
        repo::WriteSession::Draft draft;
        draft.note = must(pipeline.store_note({}));
        draft.root_page = pipeline.root_page();
        must(session->commit(std::move(draft)));
        return session->id().hex();
    }

    Told told;
    engine::LockedEvents events{told};
    repo::Access access;
    std::unique_ptr<repo::WriteSession> session = must(repo::WriteSession::begin(access, events));
    data::Chunker chunker{access.roster().chunks, session->domain().gear_table()};
    engine::Crew crew{{}};
    engine::BackupTally tally{events};
    engine::FileListWriter list;
    engine::BackupPipeline pipeline{*session, chunker, {.workers = 2}, nullptr, list, crew, tally};
};

} // namespace

TEST_CASE("a file that was replaced after the scan is stored whole, whatever its size was") {
    struct Sizes {
        std::size_t scanned, opened;
    };
    constexpr std::size_t kWhole = 4 << 20; // up to here a worker reads a file at once
    for (const Sizes sizes :
         {Sizes{10, kWhole + 1}, Sizes{10, 21 << 20}, Sizes{0, 5 << 20}, Sizes{kWhole, kWhole + 1},
          Sizes{10, kWhole}, Sizes{5 << 20, 10}, Sizes{5 << 20, 21 << 20}, Sizes{5 << 20, 0}}) {
        CAPTURE(sizes.scanned);
        CAPTURE(sizes.opened);
        const RepositoryCase repository;
        const std::string source = repository.path("source");
        fs::create_directory(source);
        write_file(source + "/a", util::Bytes(sizes.scanned));
        write_file(source + "/b", "as it was");
        const engine::ScanItem root = scanned(source, ".");
        const engine::ScanItem stale = scanned(source, "a");
        write_file(source + "/a.new", random_bytes(sizes.opened, 7));
        fs::rename(source + "/a.new", source + "/a");

        UnderWay run(repository);
        must(run.pipeline.found(root));
        must(run.pipeline.found(stale));
        must(run.pipeline.found(scanned(source, "b")));
        must(run.pipeline.finish());
        CHECK_MESSAGE(run.told.findings.empty(),
                      run.told.text()); // while it was read nothing changed
        CHECK(run.tally.summary().files == 2);
        CHECK(run.tally.summary().bytes_read == sizes.opened + 9);
        const std::string snapshot = run.commit();

        Repository reader = repository.open(key::kReader);
        restore_to(reader, snapshot, "/", repository.path("out"));
        const auto original = tree_of(source);
        const auto restored = tree_of(repository.path("out"));
        for (const char* name : {"/a", "/b"})
            CHECK((restored.contains(name) && restored.at(name) == original.at(name)));
        CHECK_MESSAGE(check_all(reader, run.told).sound(), run.told.text());
    }
}

TEST_CASE("further names of a file come back though its first leads elsewhere or can't be read") {
    const RepositoryCase repository;
    const std::string source = repository.path("links");
    fs::create_directories(source);
    write_file(source + "/first", "one file");
    fs::create_hard_link(source + "/first", source + "/second");
    fs::create_hard_link(source + "/first", source + "/third");
    UnderWay run(repository);
    // What the scan found of each name; then the first changes before it is opened.
    class Replace final : public engine::ScanVisitor {
    public:
        Replace(engine::BackupPipeline& to, std::function<void()> before_first)
            : to_(to), before_first_(std::move(before_first)) {}
        Result<void> found(engine::ScanItem item) override {
            if (item.name == "first")
                before_first_();
            return to_.found(std::move(item));
        }
        void problem(const engine::ScanProblem& problem) override { to_.problem(problem); }
        void left_out(const std::string& path, engine::Selection::Reason reason) override {
            to_.left_out(path, reason);
        }

    private:
        engine::BackupPipeline& to_;
        std::function<void()> before_first_;
    };
    bool is_replaced = false;
    SUBCASE("gone") {}
    SUBCASE("replaced, as an editor does that keeps the old file under another name") {
        is_replaced = true;
    }
    Replace visitor(run.pipeline, [&] {
        if (is_replaced) {
            write_file(source + "/new", "another file");
            fs::rename(source + "/new", source + "/first");
        } else {
            fs::remove(source + "/first");
        }
    });
    must(engine::Scanner({fs::canonical(source).string()}, {}, {}).run(visitor));
    must(run.pipeline.finish());
    const std::string snapshot = run.commit();
    CHECK(run.told.count(Severity::warning) == (is_replaced ? 0 : 1));

    Repository reader = repository.open(key::kReader);
    const std::string out = repository.path("out");
    restore_to(reader, snapshot, fs::canonical(source).string(), out);
    for (const char* name : {"/second", "/third"})
        CHECK(util::as_text(read_file(out + name)) == "one file");
    if (is_replaced)
        CHECK(util::as_text(read_file(out + "/first")) == "another file");
    CHECK_MESSAGE(check_all(reader, run.told).sound(), run.told.text());
}
