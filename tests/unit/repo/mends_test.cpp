// SPDX-License-Identifier: Apache-2.0
// What reviews found in this room, each so that it stays mended.
#include "format/names.hpp"
#include "repo/chunk_reader.hpp"
#include "repo/index.hpp"
#include "repo/local_state.hpp"
#include "repo/roster_chain.hpp"
#include "sessions.hpp"

#include <filesystem>

using namespace saoluu;
using namespace saoluu::test;
using format::Roster;
using format::RosterHash;
using repo::Access;

namespace {

Result<repo::RosterChain> load(const RepositoryCase& repository, Events& events) {
    const auto store = repository.store();
    const format::FormatObject format =
        must(format::FormatObject::decode(repository.read("format")));
    return repo::RosterChain::load(repo::StoreView(*store), format, {}, events);
}

/// A roster's frame, signed by the actor of `access`, around something that is no roster.
util::Bytes malformed_roster(const Access& access, std::uint64_t n) {
    const format::Header header{.kind = format::Kind::roster,
                                .suite = access.roster().suite,
                                .epoch = access.roster().epoch};
    const util::Bytes subject = util::Writer().u64(n).take();
    util::Bytes object;
    util::append(object, header.encode());
    util::append(object, format::encode_signed(
                             {.repository = access.id(), .header = header, .subject = subject},
                             {.signer = access.keyring.actor(),
                              .roster = access.rosters.current_hash(),
                              .rest = util::Bytes(7, std::byte{0xff})},
                             access.keyring.sign_pair()));
    return object;
}

} // namespace

TEST_CASE("a malformed roster that an admin signed stops, one that nobody signed does not") {
    const RepositoryCase repository;
    const Access backup = repository.access(key::kBackup);
    const std::uint64_t n = backup.roster().n + 1;
    put_roster_object(*backup.store, n, malformed_roster(backup, n));
    put_roster_object(*backup.store, n, util::Bytes(3, std::byte{1})); // not even a header
    Told told;
    const repo::RosterChain chain = must(load(repository, told));
    CHECK(chain.current_hash() == backup.rosters.current_hash());
    CHECK(!chain.write_refusal());
    CHECK(told.count(Severity::alarm) == 2);

    put_roster_object(*backup.store, n, malformed_roster(repository.access(key::kDeputy), n));
    const auto stopped = load(repository, told);
    REQUIRE(!stopped);
    CHECK(stopped.error().message().find("newer version") != std::string::npos);
}

TEST_CASE("an admin's roster to which none leads shows that one is missing") {
    const RepositoryCase repository;
    const RosterHash between = put_roster_after(repository.access(key::kFounder), [](Roster&) {});
    const Access after = repository.access(key::kDeputy);
    put_roster_after(after, [](Roster&) {});
    const std::string name = format::names::roster(after.roster().n, between);
    repository.remove(name);
    repository.remove(name + ".2");
    Told told;
    const repo::RosterChain chain = must(load(repository, told));
    CHECK(chain.current().n == after.roster().n - 1);
    REQUIRE(chain.write_refusal());
    CHECK(chain.write_refusal()->kind() == ErrorKind::refused);
    CHECK(told.has(Severity::alarm, "roster/"));
}

TEST_CASE("someone's slot may change, as when he changes his passphrase") {
    const RepositoryCase repository;
    const RosterHash next = put_roster_after(repository.access(key::kFounder), [](Roster& roster) {
        roster.actors.front().slot = crypto::random_id<format::SlotId>();
    });
    Told told;
    CHECK(must(load(repository, told)).current_hash() == next);
}

TEST_CASE("what an init that was cut short left is named, and refused") {
    const RepositoryCase repository;
    repository.remove("format");
    repository.remove("format.2");
    const auto refused =
        init_repository({.location = repository.location(),
                         .holder = "Nguyễn Văn Sáng",
                         .unit = "",
                         .kdf_mib = 64,
                         .kdf_passes = 1,
                         .passphrase = must(Passphrase::from_text("mot cum mat khau")),
                         .backup_key_file = repository.path("new.key"),
                         .folders = {}});
    REQUIRE(fails(refused, ErrorKind::refused));
    CHECK(refused.error().message().find("delete the folder") != std::string::npos);
    CHECK(refused.error().message().find("keys/") != std::string::npos);
}

TEST_CASE("a cache that can't be locked or written stops no run") {
    const RepositoryCase repository;
    Access access = repository.access(key::kBackup);
    commit_snapshot(access, {"a", "b"});
    const std::string cache = must(access.local.cache_folder());
    Told told;
    const std::uint64_t entries = must(repo::Index::load(access, told)).entries();
    CHECK(entries == 3);
    SUBCASE("no lock") {
        std::filesystem::remove(cache + "/index.lock");
        std::filesystem::create_directories(cache + "/index.lock");
    }
    SUBCASE("no folder") {
        std::filesystem::remove_all(cache);
        must(util::write_file_durably(cache, {}, 0600));
    }
    SUBCASE("what a dead writer left is swept") {
        must(util::write_file_durably(cache + "/index-1.run.new", util::Bytes(9), 0600));
    }
    CHECK(must(repo::Index::load(access, told)).entries() == entries);
    CHECK(told.findings.empty());
    CHECK(!std::filesystem::exists(cache + "/index-1.run.new"));
}

TEST_CASE("what was seen of chains is kept by place, and of rosters by repository") {
    const ScratchFolder folder = ScratchFolder::in_memory();
    const LocalFolders folders{.state = folder / "state", .cache = folder / "cache"};
    const auto id = crypto::random_id<format::RepositoryId>();
    const repo::LocalState here(folders, id, crypto::random_id<format::PlaceId>());
    const repo::LocalState mirror(folders, id, crypto::random_id<format::PlaceId>());
    const format::ChainHead head{.actor = crypto::random_id<format::ActorId>(), .n = 4, .hash = {}};
    must(here.remember(
        {.roster_n = 3, .roster = crypto::random_id<RosterHash>(), .heads = {{head.actor, head}}}));
    CHECK(here.witness().heads.size() == 1);
    CHECK(mirror.witness().heads.empty());
    CHECK(mirror.witness().roster_n == 3);
    must(mirror.remember({.roster_n = 2, .roster = {}, .heads = {}}));
    CHECK(here.witness().roster_n == 3);
    CHECK(here.witness().roster == mirror.witness().roster);
}

TEST_CASE("a pack of an epoch that no key knows does not hide the chunk in another") {
    const RepositoryCase repository;
    Access access = repository.access(key::kBackup);
    commit_snapshot(access, {"a"});
    repository.forget_state();
    const Access reader = repository.access(key::kReader);
    Told told;
    const repo::Index index = must(repo::Index::load(reader, told));
    std::vector<std::pair<format::ChunkId, repo::ChunkPlace>> places;
    index.for_each_place([&](const format::ChunkId& id, const repo::ChunkPlace& place) {
        places.emplace_back(id, place);
    });
    REQUIRE(!places.empty());
    const auto& [id, place] = places.front();
    const std::string pack = format::names::pack(place.pack);
    // A healed copy beside it, and the pack itself turned to an unknown epoch.
    repository.write(format::names::pack(place.pack, 1), repository.read(pack));
    repository.flip_bit(pack, 12); // its epoch
    repo::ChunkReader chunks(reader, index);
    CHECK(chunks.read(place.kind, id, access.self().domain));
    repository.remove(format::names::pack(place.pack, 1));
    repo::ChunkReader again(reader, index);
    CHECK(fails(again.read(place.kind, id, access.self().domain), ErrorKind::corrupt));
    repo::ChunkReader blind(access, index);
    CHECK(fails(blind.read(place.kind, id, access.self().domain), ErrorKind::wrong_key));
}
