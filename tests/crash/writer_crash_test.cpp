// SPDX-License-Identifier: Apache-2.0
// A backup whose store fails at the n-th operation, for every n: whatever was cut short, earlier
// snapshots restore identical, nothing is damaged, and the next backup succeeds.
#include "store/fault.hpp"
#include "store/memory.hpp"
#include "trees.hpp"

#include <set>

using namespace saoluu;
using namespace saoluu::test;
using store::Fault;
using store::FaultPlan;
using store::FaultStore;

namespace {

void copy_objects(const std::string& folder, store::Store& to) {
    const auto from = must(repo::open_store(folder, {}, store::MissingFolder::refuse));
    for (const store::ObjectInfo& info : must(store::list_all(*from, "")))
        must(to.put(info.name, must(from->get(info.name, 256 << 20))));
}

class Crash {
public:
    Crash() {
        make_random_tree(source(), 5);
        Repository backup = case_.open(key::kBackup);
        earlier_ = back_up(backup, source()).snapshot;
        before_ = tree_of(source());
        // What the backup that fails has to store: a new file, a changed one, and one as it was.
        write_file(source() + "/new", util::as_bytes(std::string(300'000, 'n')));
        write_file(source() + "/changed", "changed");
        after_ = tree_of(source());
    }

    /// Does the planned harm to a copy of the repository; false where the plan came to nothing,
    /// because the backup has fewer operations.
    bool strike(const FaultPlan& plan) {
        const auto objects = store::make_memory_store();
        copy_objects(case_.location(), *objects);
        const std::string machine = "machine";
        case_.forget_state(machine);
        case_.forget_state("reader");
        std::string later;
        {
            auto faulty = std::make_unique<FaultStore>(*objects);
            FaultStore& faults = *faulty;
            Repository backup = open(std::move(faulty), key::kBackup, machine);
            (void)faults.take_record();
            faults.plan(plan);
            const Result<BackupSummary> made = try_backup(backup, source());
            if (!faults.has_struck())
                return false;
            const std::vector<store::Recorded> record = faults.take_record();
            struck_ = record.size() < plan.at ? "" : record[plan.at - 1].name;
            // A success may be reported only of what is there.
            if (made)
                later = made->snapshot;
        }
        INFO("which is of ", struck_);
        prove(*objects, machine, later);
        return true;
    }

private:
    [[nodiscard]] std::string source() const { return case_.path("source"); }

    Repository open(std::unique_ptr<store::Store> over, std::string_view key,
                    const std::string& machine) {
        Told told;
        return Repository(std::make_unique<Repository::Impl>(Repository::Impl{
            must(repo::open_access_over(std::move(over), case_.options(key, machine), told))}));
    }
    Repository open(store::Store& objects, std::string_view key, const std::string& machine) {
        return open(std::make_unique<FaultStore>(objects), key, machine);
    }

    void prove(store::Store& objects, const std::string& machine, const std::string& later) {
        Repository reader = open(objects, key::kReader, "reader");
        Told told;
        const CheckReport report = check_all(reader, told);
        CHECK_MESSAGE(report.sound(), told.text());
        CHECK_MESSAGE(report.warnings == 0, told.text());
        CHECK(report.foreign_objects == 0);
        check_restore(reader, earlier_, before_);
        std::set<std::string> known;
        for (const SnapshotInfo& snapshot : must(list_snapshots(reader, told)))
            known.insert(snapshot.id);
        CHECK(known.contains(earlier_));
        if (!later.empty())
            CHECK(known.contains(later));
        for (const std::string& snapshot : known)
            if (snapshot != earlier_)
                check_restore(reader, snapshot, after_);

        Repository backup = open(objects, key::kBackup, machine);
        const std::string next = back_up(backup, source()).snapshot;
        Repository again = open(objects, key::kReader, "reader");
        check_restore(again, next, after_);
        Told after;
        CHECK_MESSAGE(check_all(again, after).sound(), after.text());
        CHECK_MESSAGE(after.count(Severity::warning) == 0, after.text());
    }

    void check_restore(Repository& reader, const std::string& snapshot,
                       const std::map<std::string, NodeFacts>& wanted) {
        const ScratchFolder target = ScratchFolder::in_memory();
        restore_to(reader, snapshot, source(), target / "out");
        check_same(tree_of(target / "out"), wanted);
    }

    RepositoryCase case_;
    std::string earlier_, struck_;
    std::map<std::string, NodeFacts> before_, after_;
};

/// Every n, as far as a backup has operations.
void strike_everywhere(Fault fault, FaultPlan::Then then) {
    Crash crash;
    std::uint64_t n = 1;
    for (;; ++n) {
        INFO("operation ", n);
        if (!crash.strike({.at = n, .fault = fault, .kind = ErrorKind::io, .then = then}))
            break;
    }
    CHECK(n > 20); // or the plan has come to nothing for another reason
}

} // namespace

TEST_CASE("an operation that fails costs at most this backup") {
    strike_everywhere(Fault::fail, FaultPlan::Then::works);
}
TEST_CASE("an operation that stops half-way costs at most this backup") {
    strike_everywhere(Fault::tear, FaultPlan::Then::works);
}
TEST_CASE("an answer that gets lost costs at most this backup") {
    strike_everywhere(Fault::lose_answer, FaultPlan::Then::works);
}
TEST_CASE("a process that dies before an operation costs at most this backup") {
    strike_everywhere(Fault::fail, FaultPlan::Then::is_dead);
}
TEST_CASE("a process that dies in the middle of an operation costs at most this backup") {
    strike_everywhere(Fault::tear, FaultPlan::Then::is_dead);
}
TEST_CASE("a process that dies after an operation costs at most this backup") {
    strike_everywhere(Fault::lose_answer, FaultPlan::Then::is_dead);
}
