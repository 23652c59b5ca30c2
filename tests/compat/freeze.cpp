// SPDX-License-Identifier: Apache-2.0
// Makes the repository that every later version must read (tests/compat/freeze.py runs it): of the
// tree in SAOLUU_FREEZE_TREE, into the new folder SAOLUU_FREEZE_OUT. Not a test: run by hand, once
// a format.
#include "../unit/repo/sessions.hpp"
#include "trees.hpp"

#include <cstdlib>
#include <filesystem>

using namespace saoluu;
using namespace saoluu::test;
using format::names::Part;

namespace {

namespace fs = std::filesystem;

std::string demanded(const char* name) {
    const char* value = std::getenv(name);
    REQUIRE_MESSAGE(value != nullptr, name);
    return value;
}

BackupSummary back_up_all(Repository& repository, const std::string& tree) {
    BackupOptions options;
    options.sources = {tree};
    options.job = "tất cả";
    options.tags = {"đông cứng", "1"};
    options.threads = 2;
    Told told;
    return must(backup(repository, options, told, {}));
}

/// The packs that a session made.
std::vector<format::PackId> packs_of(const repo::Access& access, const format::SessionId& session) {
    Told told;
    std::vector<format::PackId> packs;
    must(repo::Index::load(access, told)).for_each_pack([&](const repo::PackRow& pack) {
        if (pack.session == session)
            packs.push_back(pack.pack);
    });
    std::ranges::sort(packs);
    return packs;
}

void revoke(const RepositoryCase& repository, std::string_view key) {
    const repo::Access gone = repository.access(key);
    Told told;
    const auto head = must(repo::Ledger::load(gone, told)).heads().at(gone.keyring.actor());
    put_roster_after(repository.access(key::kDeputy), [&](format::Roster& roster) {
        std::erase_if(roster.actors, [&](const auto& one) { return one.id == head.actor; });
        roster.revoked.push_back(
            {.actor = head.actor, .any_counts = true, .last_n = head.n, .last_hash = head.hash});
    });
}

} // namespace

TEST_CASE("freeze") {
    const std::string tree = demanded("SAOLUU_FREEZE_TREE"), out = demanded("SAOLUU_FREEZE_OUT");
    const RepositoryCase repository(demanded("SAOLUU_FREEZE_SUITE") == "aes256gcm"
                                        ? CipherSuite::aes256gcm
                                        : CipherSuite::xchacha20);
    // Small chunks: a list of chunks needs no large file then.
    put_roster_after(repository.access(key::kFounder), [](format::Roster& roster) {
        roster.chunks = {.least = 1024, .average = 4096, .greatest = 16384};
    });
    std::string snapshots;
    Repository backup = repository.open(key::kBackup);
    const std::string whole = back_up_all(backup, tree).snapshot;
    snapshots += "whole " + whole + "\n";
    write_file(tree + "/changed later", "only in the second snapshot");
    snapshots += "later " + back_up_all(backup, tree).snapshot + "\n";
    fs::remove(tree + "/changed later");

    // A client that is revoked after its snapshot, which still counts.
    Repository other = repository.open(key::kOther, "other's");
    snapshots += "other " + back_up(other, tree + "/links").snapshot + "\n";
    revoke(repository, key::kOther);

    // Forgotten; its packs condemned twice; and one that a fence ended, and one that just ended.
    repo::Access founder = repository.access(key::kFounder);
    repo::Access reader = repository.access(key::kReader);
    const format::SessionId forgotten = commit_snapshot(founder, {"forgotten", "text"});
    forget(founder, forgotten);
    mark(founder, format::MarkPurpose::prune, packs_of(founder, forgotten));
    mark(reader, format::MarkPurpose::damage, packs_of(founder, forgotten));
    Told told;
    repo::Access client = repository.access(key::kBackup);
    Begun fenced = begin_snapshot(client, {"fenced"}, told);
    put_object(founder, fenced.session->id(),
               format::Fence{.session = fenced.session->id(), .time = 1, .mark = {}, .place = {}},
               "done");
    repo::note_act(founder, format::Act::sweep,
                   {.roster = {}, .session = fenced.session->id(), .mark = {}, .text = ""}, told);
    must(fenced.session->commit(std::move(fenced.draft)));
    begin_snapshot(client, {"never finished"}, told);

    // A pack that has a healed copy, which must do where the pack itself goes.
    const std::string pack =
        format::names::pack(packs_of(client, *format::SessionId::from_hex_text(whole)).front());
    repository.write(pack + ".1", repository.read(pack));

    fs::create_directories(out);
    fs::copy(repository.location(), out + "/repository", fs::copy_options::recursive);
    for (const std::string_view key : {key::kFounder, key::kReader, key::kBackup})
        fs::copy(repository.key_file(key), out);
    write_file(out + "/snapshots", snapshots);
    write_file(out + "/healed", pack);
}
