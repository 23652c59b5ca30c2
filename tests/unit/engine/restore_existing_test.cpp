// SPDX-License-Identifier: Apache-2.0
// What becomes of what is in the target already.
#include "engine/restore_existing.hpp"

#include "made_snapshots.hpp"
#include "random_bytes.hpp"

#include <filesystem>

#include <sys/stat.h>

using namespace saoluu;
using namespace saoluu::test;
using format::Entry;
using format::FileType;

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kThen = 1'000'000'000;

void set_mtime(const std::string& path, std::int64_t seconds) {
    const timespec times[] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
                              {.tv_sec = seconds, .tv_nsec = 0}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
}

std::string text_of(const std::string& path) {
    return std::string(util::as_text(read_file(path)));
}

/// Files, a link and a FIFO of one time, and a target that has other things of these names.
struct Occupied {
    RepositoryCase repository;
    std::string out = repository.path("out");
    std::string snapshot;

    Occupied() {
        SnapshotMaker maker(repository);
        std::vector<Entry> entries = {maker.file_of("older", "theirs"),
                                      maker.file_of("newer", "theirs"),
                                      maker.file_of("same-time", "theirs"),
                                      maker.file_of("same", "the same"),
                                      maker.file_of("was-link", "theirs"),
                                      link_to("link", "theirs"),
                                      entry_of("fifo", FileType::fifo),
                                      maker.file_of("was-folder", "theirs"),
                                      folder_at("was-file"),
                                      maker.file_of("was-file/inner", "theirs")};
        for (Entry& entry : entries)
            entry.mtime_seconds = kThen;
        snapshot = maker.commit(entries);
        fs::create_directories(out + "/was-folder/mine");
        for (const char* const name : {"older", "newer", "same-time", "fifo", "was-file"})
            write_file(out + "/" + name, "mine");
        write_file(out + "/same", "the same");
        fs::create_symlink("same", out + "/was-link");
        fs::create_symlink("mine", out + "/link");
        for (const char* const name : {"older", "was-link", "link", "fifo", "was-folder"})
            set_mtime(out + "/" + name, kThen - 1);
        for (const char* const name : {"newer", "same", "was-file"})
            set_mtime(out + "/" + name, kThen + 1);
        set_mtime(out + "/same-time", kThen);
    }
    RestoreSummary restore(Events& events, Overwrite overwrite, bool dry_run = false) const {
        Repository reader = repository.open(key::kReader);
        RestoreOptions options;
        options.overwrite = overwrite;
        options.dry_run = dry_run;
        return restore_all(reader, snapshot, out, events, options);
    }
};

} // namespace

TEST_CASE("never: what differs stays, and is named") {
    const Occupied there;
    Told told;
    const RestoreSummary made = there.restore(told, Overwrite::never);
    CHECK(made.already_there == 1);
    CHECK(made.files + made.others + made.overwritten + made.kept == 0);
    CHECK(made.failed == 9);
    for (const char* const name : {"/older", "/newer", "/was-link", "/link", "/fifo", "/was-file"})
        CHECK_MESSAGE(told.has(Severity::warning, name), name);
    CHECK(text_of(there.out + "/older") == "mine");
    CHECK(fs::read_symlink(there.out + "/link") == "mine");
}

TEST_CASE("always: what differs is replaced, but no folder by a file or the other way round") {
    const Occupied there;
    fs::create_hard_link(there.out + "/older", there.repository.path("other-name"));
    Told told;
    const RestoreSummary made = there.restore(told, Overwrite::always);
    CHECK(made.already_there == 1);
    CHECK(made.files == 4);
    CHECK(made.others == 2);
    CHECK(made.overwritten == 6);
    CHECK(made.failed == 3); // the folder, the file, and what is in it
    for (const char* const name : {"older", "newer", "same-time", "was-link"}) {
        CHECK(text_of(there.out + "/" + name) == "theirs");
        CHECK(fs::is_regular_file(fs::symlink_status(there.out + "/" + name)));
    }
    CHECK(fs::read_symlink(there.out + "/link") == "theirs");
    CHECK(fs::is_fifo(there.out + "/fifo"));
    CHECK(fs::is_directory(there.out + "/was-folder/mine"));
    CHECK(text_of(there.out + "/was-file") == "mine");
    // Replaced, not written into: its other name, and what the link led to, are as they were.
    CHECK(text_of(there.repository.path("other-name")) == "mine");
    CHECK(text_of(there.out + "/same") == "the same");
    CHECK(there.restore(told, Overwrite::always).already_there == 7);
}

TEST_CASE("if newer: only what was changed before the snapshot's is replaced") {
    const Occupied there;
    Told told;
    const RestoreSummary made = there.restore(told, Overwrite::if_newer);
    CHECK(made.overwritten == 4); // older, was-link, link, fifo
    CHECK(made.kept == 2);        // newer, same-time
    CHECK(made.already_there == 1);
    CHECK(made.failed == 3);
    CHECK(text_of(there.out + "/older") == "theirs");
    CHECK(text_of(there.out + "/newer") == "mine");
    CHECK(text_of(there.out + "/same-time") == "mine");
    CHECK(fs::read_symlink(there.out + "/link") == "theirs");
}

TEST_CASE("a dry run tells what a run would do, and writes nothing") {
    for (const Overwrite overwrite : {Overwrite::never, Overwrite::if_newer, Overwrite::always}) {
        const Occupied there;
        const auto before = tree_of(there.out);
        const auto objects = there.repository.names();
        Told planned, told;
        const RestoreSummary plan = there.restore(planned, overwrite, true);
        check_same(tree_of(there.out), before);
        CHECK(there.repository.names() == objects); // not even in the ledger
        const RestoreSummary made = there.restore(told, overwrite);
        CHECK(plan.files == made.files);
        CHECK(plan.folders == made.folders);
        CHECK(plan.others == made.others);
        CHECK(plan.bytes == made.bytes);
        CHECK(plan.overwritten == made.overwritten);
        CHECK(plan.kept == made.kept);
        CHECK(plan.already_there == made.already_there);
        CHECK(plan.failed == made.failed);
        CHECK(planned.findings.size() == told.findings.size());
    }
}

TEST_CASE("a dry run into a folder that is missing counts all and makes nothing") {
    const Occupied there;
    Repository reader = there.repository.open(key::kReader);
    Told told;
    RestoreOptions options;
    options.dry_run = true;
    std::map<std::string, PathOutcome> paths;
    options.each_path = [&](const std::string& path, PathOutcome outcome) {
        paths.emplace(path, outcome);
    };
    const std::string out = there.repository.path("not/there");
    const RestoreSummary plan = restore_all(reader, there.snapshot, out, told, options);
    CHECK(plan.files == 7);
    CHECK(plan.others == 2);
    CHECK(plan.folders == 2);
    CHECK(told.findings.empty());
    CHECK(!fs::exists(there.repository.path("not")));
    CHECK(paths.size() == 11);
    CHECK(paths.at("/was-file/inner") == PathOutcome::made);
    const RestoreSummary made = restore_all(reader, there.snapshot, out, told);
    CHECK(made.files == plan.files);
    CHECK(made.bytes == plan.bytes);
}

TEST_CASE("a target inside the repository is refused, before anything is made there") {
    const Occupied there;
    const auto before = tree_of(there.repository.location());
    fs::create_directory_symlink(there.repository.location(), there.repository.path("link"));
    Repository reader = there.repository.open(key::kReader);
    for (const std::string& target :
         {there.repository.location(), there.repository.location() + "/packs",
          there.repository.location() + "/new/folder", there.repository.path("link/new"),
          there.repository.location() + "/packs/../../repository/new"}) {
        CAPTURE(target);
        RestoreOptions options;
        options.from = {.snapshot = there.snapshot, .path = "/"};
        options.target = target;
        Told told;
        CHECK(fails(restore(reader, options, told, {}), ErrorKind::refused));
    }
    check_same(tree_of(there.repository.location()), before);
    Told told;
    CHECK(restore_all(reader, there.snapshot, there.repository.path("beside"), told).files == 7);
}
