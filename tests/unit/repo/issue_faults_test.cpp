// SPDX-License-Identifier: Apache-2.0
// A key that is issued while the store fails at the n-th operation, for every n: the repository
// opens with every key, and the next key can be issued.
#include "sessions.hpp"
#include "store/fault.hpp"

#include <filesystem>
#include <set>

using namespace saoluu;
using namespace saoluu::test;
using store::Fault;
using store::FaultPlan;
using store::FaultStore;

namespace {

IssueOptions wanted(const RepositoryCase& repository, const std::string& name) {
    return {.role = Role::restore,
            .holder = "Người " + name,
            .unit = "",
            .domain = "",
            .expires = {},
            .secret = Credential::KeyFile{repository.key_file(name)}};
}

/// False where the plan came to nothing, because issuing has fewer operations.
/// half: how many runs left one copy of a roster without the other
bool strike(const FaultPlan& plan, std::size_t& half) {
    const RepositoryCase repository;
    {
        auto faulty = std::make_unique<FaultStore>(repository.store());
        FaultStore& faults = *faulty;
        Told told;
        Repository founder(std::make_unique<Repository::Impl>(Repository::Impl{must(
            repo::open_access_over(std::move(faulty), repository.options(key::kFounder), told))}));
        faults.plan(plan);
        const Result<KeyInfo> issued = issue_key(founder, wanted(repository, "first"));
        if (!faults.has_struck())
            return false;
        // A success is reported only of a key that counts.
        if (issued)
            CHECK(repository.try_open("first", told));
    }
    half += repository.names("roster/").size() % 2;
    for (const std::string_view key : {key::kFounder, key::kDeputy, key::kReader, key::kBackup}) {
        Told told;
        CHECK(repository.try_open(key, told));
        CHECK_MESSAGE(told.count(Severity::alarm) == 0, told.text());
    }
    // A key that counts is never lost: its file is there. One whose file is there counts, or is
    // told to count not.
    Repository founder = repository.open(key::kFounder);
    std::set<std::string> holders;
    for (const KeyInfo& key : must(list_keys(founder)))
        holders.insert(key.holder);
    const bool counts = holders.contains("Người first");
    Told told;
    if (counts)
        CHECK(repository.try_open("first", told));
    else if (std::filesystem::exists(repository.key_file("first")))
        CHECK(fails(repository.try_open("first", told), ErrorKind::wrong_key));

    const Result<KeyInfo> next = issue_key(founder, wanted(repository, "second"));
    REQUIRE_MESSAGE(next, (next ? "" : next.error().message()));
    CHECK(repository.open("second").role() == Role::restore);
    // On a computer that saw nothing of all this, too.
    repo::Access elsewhere = repository.access(key::kBackup, "elsewhere");
    CHECK(elsewhere.may_write());
    commit_snapshot(elsewhere);
    return true;
}

std::size_t strike_everywhere(Fault fault, FaultPlan::Then then) {
    std::uint64_t n = 1;
    std::size_t half = 0;
    for (;; ++n) {
        INFO("operation ", n);
        if (!strike({.at = n, .fault = fault, .kind = ErrorKind::io, .then = then}, half))
            break;
    }
    CHECK(n > 10); // or the plan has come to nothing for another reason
    return half;
}

} // namespace

TEST_CASE("an operation that fails while a key is issued costs at most this key") {
    CHECK(strike_everywhere(Fault::fail, FaultPlan::Then::works) > 0);
}
TEST_CASE("an answer that gets lost while a key is issued costs at most this key") {
    CHECK(strike_everywhere(Fault::lose_answer, FaultPlan::Then::works) > 0);
}
TEST_CASE("an admin's process that dies while a key is issued costs at most this key") {
    CHECK(strike_everywhere(Fault::fail, FaultPlan::Then::is_dead) > 0);
    CHECK(strike_everywhere(Fault::lose_answer, FaultPlan::Then::is_dead) > 0);
}
