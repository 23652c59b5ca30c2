// SPDX-License-Identifier: Apache-2.0
#include "repo/write_session.hpp"

#include "repo/chunk_reader.hpp"
#include "sessions.hpp"
#include "store/forwarding.hpp"

#include <functional>

using namespace saoluu;
using namespace saoluu::test;
using format::ChunkKind;
using format::MarkPurpose;
using format::SessionId;
using format::names::Part;
using repo::Access;
using repo::WriteSession;

namespace {

/// How many chunks of a snapshot of these texts (and its one page) would have to be stored.
std::size_t stored_anew(Access& access, const std::vector<std::string>& texts) {
    Told told;
    const auto session = must(WriteSession::begin(access, told));
    const auto is_new = [&](ChunkKind kind, util::BytesView plain) {
        return session->claim(kind, session->domain().chunk_id(kind, plain)) ==
               WriteSession::Claim::mine;
    };
    std::size_t count = is_new(ChunkKind::page, root_page()) ? 1 : 0;
    for (const std::string& text : texts)
        count += is_new(ChunkKind::data, util::as_bytes(text)) ? 1 : 0;
    return count;
}

std::vector<format::PackId> packs_of(const RepositoryCase& repository) {
    std::vector<format::PackId> packs;
    for (const std::string& name : repository.names("packs/"))
        packs.push_back(format::names::parse_as<format::names::PackName>(name)->pack);
    return packs;
}

} // namespace

TEST_CASE("what one session stored the next one knows, and a reader reads") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const SessionId session = commit_snapshot(backup, {"one", "two", "one"});
    CHECK(stored_anew(backup, {"one", "two"}) == 0);
    CHECK(stored_anew(backup, {"one", "three"}) == 1);
    const Access reader = repository.access(key::kReader);
    Told told;
    const repo::Index index = must(repo::Index::load(reader, told));
    repo::ChunkReader chunks(reader, index);
    const format::Domain domain = backup.self().domain;
    const auto id = backup.keyring.domain(domain)->chunk_id(ChunkKind::data, util::as_bytes("two"));
    CHECK(util::as_text(must(chunks.read(ChunkKind::data, id, domain))) == "two");
    CHECK(snapshots(reader) == std::vector{session});
}

TEST_CASE("records say which came before") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    const SessionId first = commit_snapshot(backup);
    commit_snapshot(backup);
    Told told;
    const repo::Ledger ledger = must(repo::Ledger::load(backup, told));
    const auto set = must(repo::load_snapshots(backup, ledger, told)).snapshots;
    REQUIRE(set.size() == 2);
    CHECK(set[0].record.sequence == 1);
    CHECK(!set[0].record.predecessor);
    CHECK(set[1].record.sequence == 2);
    CHECK(set[1].record.predecessor == first);
}

TEST_CASE("a marked pack is never used again") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    commit_snapshot(backup, {"one", "two"});
    SUBCASE("by an admin's mark for pruning") {
        Access founder = repository.access(key::kFounder);
        mark(founder, MarkPurpose::prune, packs_of(repository));
    }
    SUBCASE("by a reader's mark of damage") {
        Access reader = repository.access(key::kReader);
        mark(reader, MarkPurpose::damage, packs_of(repository));
    }
    CHECK(stored_anew(backup, {"one", "two"}) == 3);
    // What is stored anew is found again, and the mark is named by the session that saw it.
    commit_snapshot(backup, {"one", "two"});
    CHECK(stored_anew(backup, {"one", "two"}) == 0);
}

TEST_CASE("a pack that is gone or was cut short is not built on") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    commit_snapshot(backup, {"one", "two"});
    for (const std::string& name : repository.names("packs/")) {
        util::Bytes bytes = repository.read(name);
        bytes.pop_back();
        repository.write(name, bytes);
    }
    CHECK(stored_anew(backup, {"one", "two"}) == 3);
    for (const std::string& name : repository.names("packs/"))
        repository.remove(name);
    CHECK(stored_anew(backup, {"one", "two"}) == 3);
}

TEST_CASE("a mark put while a session opens counts for it") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    commit_snapshot(backup, {"one"});
    // The store as it is after `open` was acknowledged: the mark came between the two listings.
    class MarkAfterOpen final : public store::ForwardingStore {
    public:
        MarkAfterOpen(std::unique_ptr<store::Store> base, std::function<void()> then)
            : ForwardingStore(std::move(base)), then_(std::move(then)) {}
        Result<store::Put> put(std::string_view name, util::BytesView bytes) override {
            auto result = base().put(name, bytes);
            if (name.ends_with("/open"))
                then_();
            return result;
        }

    private:
        std::function<void()> then_;
    };
    Access founder = repository.access(key::kFounder);
    backup.store = std::make_unique<MarkAfterOpen>(
        std::move(backup.store), [&] { mark(founder, MarkPurpose::prune, packs_of(repository)); });
    CHECK(stored_anew(backup, {"one"}) == 2);
}

TEST_CASE("a mark that nobody who may signed is told and not obeyed") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    commit_snapshot(backup, {"one"});
    SUBCASE("a writer's") {
        mark(backup, MarkPurpose::damage, packs_of(repository));
    }
    SUBCASE("a reader's for pruning") {
        Access reader = repository.access(key::kReader);
        mark(reader, MarkPurpose::prune, packs_of(repository));
    }
    SUBCASE("rubbish under its own hash") {
        const util::Bytes rubbish(300);
        repository.write(format::names::mark(format::name_of<format::MarkId>(rubbish)), rubbish);
    }
    Told told;
    must(WriteSession::begin(backup, told));
    CHECK(told.has(Severity::alarm, "marks/"));
    CHECK(stored_anew(backup, {"one"}) == 0);
}

TEST_CASE("a damaged mark stops the backup and says why") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    Access founder = repository.access(key::kFounder);
    const auto bad = mark(founder, MarkPurpose::prune, {format::PackId{}});
    repository.flip_bit(format::names::mark(bad), 50);
    Told told;
    const auto begun = WriteSession::begin(backup, told);
    REQUIRE(fails(begun, ErrorKind::corrupt));
    CHECK(begun.error().message().find(bad.hex()) != std::string::npos);
}

TEST_CASE("a session that was fenced is no snapshot, and the caller is told") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    Access founder = repository.access(key::kFounder);
    Told told;
    Begun begun = begin_snapshot(backup, {"one"}, told);
    const SessionId session = begun.session->id();
    const format::Fence fence{.session = session, .time = 1, .mark = {}, .place = {}};
    SUBCASE("by a done that is a fence") {
        put_object(founder, session, fence, "done");
        CHECK(must(begun.session->commit(std::move(begun.draft))) == WriteSession::Outcome::fenced);
    }
    SUBCASE("by a fence beside it, where the store has no exclusive create") {
        backup.place.facts["exclusive-create"] = "no";
        put_object(founder, session, fence);
        CHECK(must(begun.session->commit(std::move(begun.draft))) == WriteSession::Outcome::fenced);
        CHECK(repository.names(name_of(session, Part::void_)).size() == 1);
    }
    CHECK(snapshots(backup, told).empty());
    // Whatever was tried before, the next session is a snapshot.
    commit_snapshot(backup, {"one"});
    CHECK(snapshots(backup).size() == 1);
}

TEST_CASE("chunks of another dedup domain are not believed") {
    const RepositoryCase repository;
    Access backup = repository.access(key::kBackup);
    Access other = repository.access(key::kOther, "other's");
    commit_snapshot(other, {"one"});
    CHECK(stored_anew(backup, {"one"}) == 2);

    // Even where a segment of the other claims the very id: a writer can't see a bad chunk.
    const auto id = backup.keyring.domain(backup.self().domain)
                        ->chunk_id(ChunkKind::data, util::as_bytes("one"));
    const auto size_of = [&](const format::PackId& pack) {
        return static_cast<std::uint32_t>(repository.read(format::names::pack(pack)).size());
    };
    const auto claim = [&](Access& by, const format::ActorId& maker) {
        format::IndexSegment segment;
        segment.packs.push_back({.pack = packs_of(repository).front(),
                                 .session = {},
                                 .actor = maker,
                                 .size = size_of(packs_of(repository).front())});
        segment.entries.push_back({.id = id,
                                   .pack = 0,
                                   .frame = 0,
                                   .offset = 80,
                                   .stored_size = 3,
                                   .plain_size = 3,
                                   .kind = ChunkKind::data,
                                   .codec = data::Codec::raw});
        const format::Authorship signer = must(by.authorship());
        segment.signer = signer.signer;
        segment.roster = signer.roster;
        const util::Bytes object =
            segment.seal(signer.repository, signer.epoch, signer.suite, signer.pair);
        must(by.store->put(format::names::index(format::name_of<format::SegmentId>(object)),
                           object));
    };
    claim(other, other.keyring.actor());
    CHECK(stored_anew(backup, {"one"}) == 2);
    // An admin copies out what a sweep must keep, and is believed.
    Access founder = repository.access(key::kFounder, "founder's");
    claim(founder, founder.keyring.actor());
    CHECK(stored_anew(backup, {"one"}) == 1);
}

TEST_CASE("nothing is built on the packs of a key that was revoked") {
    const RepositoryCase repository;
    Repository founder = repository.open(key::kFounder);
    const auto issue = [&](std::string_view key) {
        must(issue_key(founder, {.role = Role::backup,
                                 .holder = "Người " + std::string(key),
                                 .unit = "",
                                 .domain = "chung một tầng",
                                 .expires = {},
                                 .secret = Credential::KeyFile{repository.key_file(key)}}));
    };
    issue("one");
    issue("two");
    Access first = repository.access("one");
    commit_snapshot(first, {"text"});
    Access second = repository.access("two");
    CHECK(stored_anew(second, {"text"}) == 0); // of one domain: believed
    const format::ActorId actor = first.keyring.actor();
    const auto head = [&] {
        Told told;
        return must(repo::Ledger::load(second, told)).heads().at(actor);
    }();
    put_roster_after(repository.access(key::kFounder), [&](format::Roster& roster) {
        std::erase_if(roster.actors, [&](const auto& one) { return one.id == actor; });
        roster.revoked.push_back(
            {.actor = actor, .any_counts = true, .last_n = head.n, .last_hash = head.hash});
    });
    Access after = repository.access("two");
    CHECK(snapshots(after).size() == 1); // his snapshots are still there
    CHECK(stored_anew(after, {"text"}) == 2);
}

TEST_CASE("a fence by an admin who was revoked ends nothing unnoticed") {
    const RepositoryCase repository;
    Access deputy = repository.access(key::kDeputy);
    const format::ActorId revoked = deputy.keyring.actor();
    bool told_before = false;
    SUBCASE("of which his ledger says nothing") {}
    SUBCASE("which his ledger told of before") {
        told_before = true;
    }
    Access backup = repository.access(key::kBackup, "the client's");
    Told told;
    Begun begun = begin_snapshot(backup, {"one"}, told);
    const SessionId session = begun.session->id();
    if (told_before)
        repo::note_act(deputy, format::Act::sweep,
                       {.roster = {}, .session = session, .mark = {}, .text = ""}, told);
    const format::EntryHash last = append_to_ledger(deputy);
    put_roster_after(repository.access(key::kFounder), [&](format::Roster& roster) {
        std::erase_if(roster.actors, [&](const auto& one) { return one.id == revoked; });
        roster.revoked.push_back({.actor = revoked,
                                  .any_counts = true,
                                  .last_n = told_before ? 1u : 0u,
                                  .last_hash = last});
    });
    put_object(deputy, session,
               format::Fence{.session = session, .time = 1, .mark = {}, .place = {}}, "done");
    CHECK(must(begun.session->commit(std::move(begun.draft))) == WriteSession::Outcome::fenced);
    CHECK(told.has(Severity::alarm, name_of(session, Part::done)) == !told_before);
    Told later;
    CHECK(snapshots(repository.access(key::kFounder, "a new one"), later).empty());
    CHECK(later.has(Severity::alarm, name_of(session, Part::done)) == !told_before);
}

TEST_CASE("each chunk is claimed by one") {
    repo::ClaimSet claims;
    format::ChunkId id;
    CHECK(claims.insert(id));
    CHECK(!claims.insert(id));
    id.bytes[0] = std::byte{1};
    CHECK(claims.insert(id));
}
