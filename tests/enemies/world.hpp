// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lying_store.hpp"
#include "random_bytes.hpp"
#include "trees.hpp"

#include "format/names.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <sys/stat.h>

/// A repository with a history, and the laws that hold whatever an enemy did to it.
namespace saoluu::test {

inline bool is_bad(Severity severity) {
    return severity == Severity::damage || severity == Severity::alarm;
}
inline bool is_told(const Told& told) {
    return std::ranges::any_of(told.findings, is_bad, &Finding::severity);
}

/// All objects of a repository.
using Objects = std::map<std::string, util::Bytes>;
inline Objects objects_of(const RepositoryCase& repository) {
    Objects all;
    for (const std::string& name : repository.names())
        all.emplace(name, repository.read(name));
    return all;
}
/// Makes those objects that begin with `prefix` the ones that they were.
inline void set_back(const RepositoryCase& repository, const Objects& to,
                     std::string_view prefix = "") {
    for (const std::string& name : repository.names(prefix))
        if (!to.contains(name))
            repository.remove(name);
    for (const auto& [name, bytes] : to)
        if (name.starts_with(prefix) &&
            (!std::filesystem::exists(repository.location() + "/" + name) ||
             repository.read(name) != bytes))
            repository.write(name, bytes);
}
/// Nothing that was there was removed or changed.
inline void check_kept(const RepositoryCase& repository, const Objects& before) {
    std::string lost;
    for (const auto& [name, bytes] : before)
        if (!std::filesystem::exists(repository.location() + "/" + name) ||
            repository.read(name) != bytes)
            lost += "\n  " + name;
    CHECK_MESSAGE(lost.empty(), lost);
}

/// Three snapshots of a changing folder; a key was issued before the last. Its maker knows that
/// all three were seen.
struct World {
    RepositoryCase repository;
    std::string source = repository.path("source");
    std::vector<std::string> snapshots;
    std::vector<std::map<std::string, NodeFacts>> trees; ///< what each of them holds
    Objects before_last, now;

    World() {
        namespace fs = std::filesystem;
        fs::create_directories(source + "/folder");
        for (std::uint64_t i = 0; i < 3; ++i) {
            if (i == 2) {
                before_last = objects_of(repository);
                issue();
            }
            write_file(source + "/same", "the same in all");
            write_file(source + "/changing", random_bytes(3000, 100 + i));
            write_file(source + "/folder/" + std::to_string(i), random_bytes(200'000, i));
            Repository backup = repository.open(key::kBackup);
            snapshots.push_back(back_up(backup, source).snapshot);
            trees.push_back(tree_of(source));
        }
        Repository backup = repository.open(key::kBackup);
        Told told;
        check_all(backup, told, false); // its ledger entry says that the last was seen
        REQUIRE_MESSAGE(!is_told(told), told.text());
        Repository reader = repository.open(key::kReader);
        check_all(reader, told);
        REQUIRE_MESSAGE(!is_told(told), told.text());
        now = objects_of(repository);
    }
    void issue() const {
        Repository founder = repository.open(key::kFounder);
        must(issue_key(founder, {.role = Role::backup,
                                 .holder = "Đỗ Thị Mới",
                                 .unit = "",
                                 .domain = "",
                                 .expires = {},
                                 .secret = Credential::KeyFile{repository.key_file("new")}}));
    }

    enum class Came { whole, not_whole };
    /// Restores a snapshot, and demands that what comes back is what was backed up, and that what
    /// does not come back is told.
    Came restore(Repository& reader, std::size_t which) const {
        const std::string target = repository.path("out");
        std::filesystem::remove_all(target);
        Told told;
        const Result<RestoreSummary> made =
            try_restore(reader, snapshots[which], source, target, told, 2);
        const bool is_whole = made && made->damaged == 0 && made->failed == 0;
        if (is_whole)
            check_same(tree_of(target), trees[which]);
        else if (std::filesystem::exists(target))
            for (const auto& entry : tree_of(target))
                if (S_ISREG(entry.second.mode))
                    CHECK_MESSAGE(entry.second.content == trees[which].at(entry.first).content,
                                  entry.first);
        CHECK((is_whole || !made || is_told(told)));
        return is_whole ? Came::whole : Came::not_whole;
    }
    /// How many snapshots come back whole.
    std::size_t restore_all(Repository& reader) const {
        std::size_t whole = 0;
        for (std::size_t i = 0; i < snapshots.size(); ++i)
            whole += restore(reader, i) == Came::whole ? 1 : 0;
        return whole;
    }
    /// Whatever an enemy did: the next backup fails, or makes a snapshot that comes back whole.
    /// Either way nothing that is in the store changes.
    Result<BackupSummary> back_up_again(Repository& backup) const {
        const Objects before = objects_of(repository);
        Result<BackupSummary> made = try_backup(backup, source);
        check_kept(repository, before);
        if (made) {
            Repository reader = repository.open(key::kReader, "who never saw it");
            repository.forget_state("who never saw it");
            const std::string target = repository.path("again");
            std::filesystem::remove_all(target);
            CHECK(restore_to(reader, made->snapshot, source, target).damaged == 0);
            check_same(tree_of(target), tree_of(source));
        }
        return made;
    }
};

} // namespace saoluu::test
