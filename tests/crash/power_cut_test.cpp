// SPDX-License-Identifier: Apache-2.0
// The power goes at any moment: of what was not synced the disk keeps nothing, or all, or any part.
// What the store acknowledged is there and whole, nothing half-written has a name, and the next
// backup goes on from there, with whatever state and cache it finds.
#include "power_cut.hpp"
#include "random_bytes.hpp"
#include "thorough.hpp"

#include <algorithm>
#include <filesystem>

using namespace saoluu;
using namespace saoluu::test;
namespace fs = std::filesystem;

namespace {

void check_restore(Repository& reader, const std::string& snapshot, const std::string& source,
                   const std::map<std::string, NodeFacts>& wanted) {
    const ScratchFolder target = ScratchFolder::in_memory();
    restore_to(reader, snapshot, source, target / "out");
    check_same(tree_of(target / "out"), wanted);
}

/// A backup of a changed source by a computer that made one before, recorded.
class RecordedBackup {
public:
    RecordedBackup() {
        fs::create_directories(source_);
        for (std::uint64_t i = 0; i < 3; ++i)
            write_file(source_ + "/" + std::to_string(i), random_bytes(3000, i));
        {
            Repository backup = case_.open(key::kBackup);
            earlier_ = back_up(backup, source_).snapshot;
        }
        earlier_tree_ = tree_of(source_);
        write_file(source_ + "/1", random_bytes(2000, 10));
        write_file(source_ + "/new", random_bytes(300'000, 11));
        later_tree_ = tree_of(source_);
        before_ = Tree::read(root());
        DiskLog log(root());
        Told told;
        Repository backup(std::make_unique<Repository::Impl>(Repository::Impl{
            must(repo::open_access_over(std::make_unique<AcknowledgingStore>(case_.store(), log),
                                        case_.options(key::kBackup), told))}));
        later_ = back_up(backup, source_).snapshot;
        steps_ = log.take();
        after_ = Tree::read(root());
    }

    [[nodiscard]] std::string root() const {
        const std::string path = case_.path("");
        return path.substr(0, path.size() - 1);
    }
    void prove(const Cut& cut) const {
        Computer computer(cut.disk);
        Told told;
        Repository reader = must(computer.open(key::kReader, "reader"));
        const CheckReport report = check_all(reader, told);
        CHECK_MESSAGE(report.sound(), told.text());
        CHECK_MESSAGE(report.warnings == 0, told.text());
        CHECK(report.foreign_objects == 0);
        std::set<std::string> known;
        for (const SnapshotInfo& snapshot : must(list_snapshots(reader, told)))
            known.insert(snapshot.id);
        CHECK(known.contains(earlier_));
        const std::string done = kRepository + ("snapshots/" + later_ + "/done");
        if (cut.is_last || cut.acknowledged.contains(done))
            CHECK(known.contains(later_));
        check_restore(reader, earlier_, source_, earlier_tree_);
        if (known.contains(later_))
            check_restore(reader, later_, source_, later_tree_);

        Repository backup = must(computer.open(key::kBackup, "here"));
        const std::string next = back_up(backup, source_).snapshot;
        Repository again = must(computer.open(key::kReader, "reader"));
        check_restore(again, next, source_, later_tree_);
        Told after;
        CHECK_MESSAGE(check_all(again, after).sound(), after.text());
        CHECK_MESSAGE(after.count(Severity::warning) == 0, after.text());
    }

    Tree before_, after_;
    std::vector<disk::Step> steps_;

private:
    RepositoryCase case_;
    ScratchFolder sources_ = ScratchFolder::in_memory();
    std::string source_ = sources_ / "source";
    std::string earlier_, later_;
    std::map<std::string, NodeFacts> earlier_tree_, later_tree_;
};

const RecordedBackup& recorded_backup() {
    static const RecordedBackup one;
    return one;
}

} // namespace

TEST_CASE("the log of a backup's system calls says all that it did") {
    const RecordedBackup& run = recorded_backup();
    LossyDisk disk(run.before_);
    for (const disk::Step& step : run.steps_)
        disk.apply(step);
    const Tree told = disk.now();
    CHECK(told.files == run.after_.files);
    CHECK(told.folders == run.after_.folders);
    const auto count = [&](const auto& is) { return std::ranges::count_if(run.steps_, is); };
    CHECK(count([](const auto& step) { return std::holds_alternative<disk::Write>(step); }) > 9);
    CHECK(count([](const auto& step) { return std::holds_alternative<disk::SyncFile>(step); }) > 7);
    CHECK(count([](const auto& step) { return std::holds_alternative<disk::Acknowledged>(step); }) >
          5);
}

TEST_CASE("what the store acknowledged survives a power cut at any moment, and nothing is torn") {
    const RecordedBackup& run = recorded_backup();
    std::size_t cuts = 0;
    cut_everywhere(
        run.before_, run.steps_,
        [&](const Cut& cut) {
            see_objects(cut, run.after_.files);
            ++cuts;
        },
        [](const Cut&) {});
    CHECK(cuts > 500);
}

TEST_CASE("after a power cut at any moment of a backup all is sound, and the next one succeeds") {
    const RecordedBackup& run = recorded_backup();
    constexpr std::size_t kSample = 50; // of about 200
    std::size_t disks = 0, number = 0;
    cut_everywhere(
        run.before_, run.steps_, [](const Cut&) {}, [&](const Cut&) { ++disks; });
    const std::size_t step = step_for(disks, kSample);
    cut_everywhere(
        run.before_, run.steps_, [](const Cut&) {},
        [&](const Cut& cut) {
            if (number++ % step == 0 || cut.is_last)
                run.prove(cut);
        });
    MESSAGE(disks << " disks, each " << step << "-th of them proven");
    CHECK(disks > 50);
}
