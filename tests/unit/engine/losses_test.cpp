// SPDX-License-Identifier: Apache-2.0
// Sources that lost what they held: refused, suspect, or meant.
#include "engine/losses.hpp"

#include "engine/unmounted.hpp"
#include "trees.hpp"

#include <filesystem>
#include <string>
#include <vector>

using namespace saoluu;
using namespace saoluu::test;
using engine::ListTotals;
using engine::PlannedMount;

namespace {

namespace fs = std::filesystem;
using Sources = std::map<std::string, std::uint64_t>;

Result<std::vector<SuspectSource>> judge(const Sources& before, const Sources& now,
                                         const BackupOptions& options) {
    return engine::judge_losses({.files = 0, .bytes = 0, .in_source = before},
                                {.in_source = now, .files = 0}, options);
}

/// A repository with a source of ten files, and a run of its job.
struct Job : RepositoryCase {
    Job() : source(path("source")) {
        options.sources = {source};
        options.job = "vanphong";
        options.threads = 1;
        keep(10);
    }
    /// So many files.
    void keep(int files) const {
        fs::remove_all(source);
        fs::create_directories(source);
        for (int i = 0; i < files; ++i)
            write_file(source + "/" + std::to_string(i), std::to_string(i));
    }
    Result<BackupSummary> run() {
        told = {};
        Repository backup = open(key::kBackup);
        return saoluu::backup(backup, options, told, {});
    }
    bool is_suspect() { return !must(run()).suspect.empty(); }

    std::string source;
    BackupOptions options;
    struct : Events {
        std::string text;
        void finding(const Finding& finding) override { text += finding.subject + finding.text; }
    } told;
};

} // namespace

TEST_CASE("a source that lost more than the share that is set is suspect") {
    struct Row {
        std::uint64_t before, now;
        double share;
        bool is_suspect;
    };
    constexpr std::uint64_t kMost = ~std::uint64_t{0} / 2;
    for (const Row& row :
         {Row{10, 10, 50, false}, Row{10, 11, 50, false}, Row{10, 5, 50, false},
          Row{10, 4, 50, true}, Row{3, 1, 50, true}, Row{0, 0, 50, false}, Row{10, 9, 10, false},
          Row{10, 8, 10, true}, Row{1000, 1, 100, false}, Row{200, 196, 1.5, true},
          Row{200, 197, 1.5, false}, Row{kMost, kMost - 1, 1, false}, Row{kMost, 1, 99, true}}) {
        CAPTURE(row.before);
        CAPTURE(row.now);
        CAPTURE(row.share);
        BackupOptions options;
        options.suspect_loss = row.share;
        const auto judged =
            must(judge({{"/a", row.before}, {"/b", 7}}, {{"/a", row.now}, {"/b", 7}}, options));
        CHECK(judged.size() == (row.is_suspect ? 1 : 0));
        if (row.is_suspect) {
            CHECK(judged[0].path == "/a");
            CHECK(judged[0].before == row.before);
            CHECK(judged[0].now == row.now);
            CHECK_FALSE(judged[0].in_bytes);
        }
        options.allow_empty = true;
        CHECK(must(judge({{"/a", row.before}}, {{"/a", row.now}}, options)).empty());
    }
}

TEST_CASE("an empty source is refused, or suspect where nobody watches, or meant") {
    BackupOptions options;
    options.suspect_loss = 100;
    const Sources before = {{"/a", 3}, {"/b", 0}}, now = {{"/a", 0}, {"/b", 0}};
    CHECK(fails(judge(before, now, options), ErrorKind::refused));
    options.empty_is_suspect = true;
    CHECK(must(judge(before, now, options)).size() == 1); // b was empty before
    options.allow_empty = true;
    CHECK(must(judge(before, now, options)).empty());
    // A source that is new, or that the run did not come to.
    options = {};
    CHECK(must(judge({{"/c", 3}}, now, options)).empty());
}

TEST_CASE("without a list the job's last snapshot tells, if the job has a name") {
    BackupOptions options;
    options.job = "vanphong";
    const Sources now = {{"/a", 3}};
    const auto judge_files = [&](std::uint64_t before, std::uint64_t files) {
        return engine::judge_losses({.files = before, .bytes = 0, .in_source = {}},
                                    {.in_source = now, .files = files}, options);
    };
    CHECK(must(judge_files(4, 2)).empty());
    const auto judged = must(judge_files(10, 4));
    REQUIRE(judged.size() == 1);
    CHECK(judged[0].path.empty());
    CHECK(judged[0].before == 10);
    CHECK(judged[0].now == 4);
    options.job.clear(); // the last one may have been of other folders
    CHECK(must(judge_files(10, 4)).empty());
}

TEST_CASE("a suspect snapshot is stored whole and marked, for readers, until the files are back") {
    Job job;
    CHECK_FALSE(job.is_suspect());
    job.keep(4);
    const BackupSummary lost = must(job.run());
    REQUIRE(lost.suspect.size() == 1);
    CHECK(lost.suspect[0].path == job.source);
    CHECK(lost.suspect[0].before == 10);
    CHECK(lost.suspect[0].now == 4);
    CHECK(lost.complete());
    CHECK(lost.files == 4);
    CHECK(job.told.text.find(job.source) != std::string::npos);
    CHECK(job.told.text.find("4 entries now, and had 10") != std::string::npos);
    CHECK(job.is_suspect()); // still
    job.keep(5);
    CHECK_FALSE(job.is_suspect());
    job.keep(2); // of five: what it is held against is what was sound last
    CHECK(job.is_suspect());
    job.options.allow_empty = true;
    CHECK_FALSE(job.is_suspect());
    job.options.allow_empty = false;
    CHECK_FALSE(job.is_suspect()); // it was meant

    Told told;
    Repository reader = job.open(key::kReader);
    std::vector<bool> marks;
    for (const SnapshotInfo& snapshot : must(list_snapshots(reader, told)))
        marks.push_back(snapshot.suspect);
    CHECK(marks == std::vector<bool>{false, true, true, false, true, false, false});
    CHECK_MESSAGE(check_all(reader, told).sound(), told.text());
    Repository backup = job.open(key::kBackup);
    for (const SnapshotInfo& snapshot : must(list_snapshots(backup, told)))
        CHECK_FALSE(snapshot.suspect); // it is in the note, which this key can't read
}

TEST_CASE("an empty source is kept and suspect each time, where that is wanted") {
    Job job;
    must(job.run());
    job.keep(0);
    CHECK(fails(job.run(), ErrorKind::refused));
    job.options.empty_is_suspect = true;
    CHECK(job.is_suspect());
    CHECK(job.is_suspect());
    job.options.empty_is_suspect = false;
    CHECK(fails(job.run(), ErrorKind::refused)); // by hand it is refused still
    SUBCASE("with the list lost") {
        job.forget_state();
        // The last snapshot has no file: nothing is known of what there was.
        CHECK_FALSE(job.is_suspect());
    }
    job.keep(6);
    CHECK_FALSE(job.is_suspect());
}

TEST_CASE("a source that is not there keeps the others from being backed up only by hand") {
    Job job;
    const std::string gone = job.path("gone/away");
    job.options.sources.push_back(gone);
    CHECK(fails(job.run(), ErrorKind::usage));
    job.options.empty_is_suspect = true;
    const BackupSummary rest = must(job.run());
    CHECK(rest.files == 10);
    CHECK(rest.unreadable == 1);
    CHECK(rest.missing == 1);
    CHECK(rest.suspect.empty()); // nobody knows that there ever was anything
    CHECK_FALSE(rest.complete());
    CHECK(job.told.text.find(gone) != std::string::npos);
    fs::create_directories(gone);
    write_file(gone + "/file", "x");
    CHECK(must(job.run()).complete());
    job.options.sources = {gone + "/none", gone + "/none either"};
    CHECK(fails(job.run(), ErrorKind::usage)); // that would be a backup of nothing
}

TEST_CASE("a disk that is away is missed until it is back, and the rest is not read anew") {
    Job job;
    const std::string disk = job.path("disk"), away = job.path("away");
    fs::create_directories(disk + "/docs");
    for (int i = 0; i < 30; ++i)
        write_file(disk + "/docs/" + std::to_string(i), std::to_string(i));
    job.options.sources.push_back(disk + "/docs/");
    job.options.empty_is_suspect = true;
    CHECK(must(job.run()).complete());
    fs::rename(disk, away);
    for (int days = 0; days < 3; ++days) {
        CAPTURE(days);
        const BackupSummary without = must(job.run());
        CHECK(without.unchanged_files == 10);
        CHECK(without.missing == 1);
        REQUIRE(without.suspect.size() == 1);
        CHECK(without.suspect[0].path == disk + "/docs");
        CHECK(without.suspect[0].before == 30);
        CHECK(without.suspect[0].now == 0);
    }
    fs::rename(away, disk);
    const BackupSummary whole = must(job.run());
    CHECK(whole.complete());
    CHECK(whole.suspect.empty());
    CHECK(whole.unchanged_files == 40);
    fs::rename(disk, away);
    job.options.allow_empty = true;
    CHECK(must(job.run()).suspect.empty());
    job.options.allow_empty = false;
    CHECK(must(job.run()).suspect.empty()); // it was meant
}

TEST_CASE("with the list lost, all sources together are held against the last snapshot") {
    Job job;
    must(job.run());
    job.forget_state();
    job.keep(4);
    const BackupSummary lost = must(job.run());
    REQUIRE(lost.suspect.size() == 1);
    CHECK(lost.suspect[0].path.empty());
    CHECK(lost.suspect[0].before == 10);
}

TEST_CASE("a disk that the table of mounts names and that is not there is named") {
    ScratchFolder folder;
    const std::string table = folder / "fstab";
    write_file(table, "# comment\n"
                      "UUID=1 / ext4 errors=remount-ro 0 1\n"
                      "UUID=2 none swap sw 0 0\n"
                      "nas:/volume1 /srv/van\\040phong nfs nofail 0 0\n"
                      "/dev/sdb1 /srv/data/ ext4 defaults 0 2\n"
                      "rubbish\n");
    const std::vector<PlannedMount> planned = engine::read_fstab(table);
    REQUIRE(planned.size() == 2);
    CHECK(planned[0].source == "nas:/volume1");
    CHECK(planned[0].point == "/srv/van phong");
    CHECK(planned[1].point == "/srv/data");
    CHECK(engine::read_fstab(folder / "none").empty());

    const auto explain = [&](const std::string& path, const std::vector<std::string>& mounted) {
        return engine::explain_unmounted(path, planned, mounted);
    };
    for (const char* path : {"/srv/van phong", "/srv/van phong/a/b", "/srv", "/"}) {
        CAPTURE(path);
        CHECK(explain(path, {"/"}).find("nas:/volume1") != std::string::npos);
    }
    CHECK(explain("/srv/data/x", {"/", "/srv/van phong"}).find("/dev/sdb1") != std::string::npos);
    for (const char* path : {"/srv/van", "/srv/database", "/home"}) {
        CAPTURE(path);
        CHECK(explain(path, {"/"}).empty());
    }
    CHECK(explain("/srv", {"/", "/srv/van phong", "/srv/data"}).empty());
}
