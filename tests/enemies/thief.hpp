// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sessions.hpp"

#include "crypto/secret.hpp"
#include "data/compress.hpp"
#include "format/index_segment.hpp"
#include "format/pack.hpp"
#include "repo/segment_reader.hpp"

#include <string>
#include <vector>

/// What somebody with a stolen key makes by his own program: with the layouts of the format, and
/// the secrets that the key opens.
namespace saoluu::test {

/// Says that `victim` signed, by the pair that the thief has.
inline format::Authorship in_the_name_of(const format::ActorId& victim, const repo::Access& thief) {
    format::Authorship by = must(thief.authorship());
    by.signer = victim;
    return by;
}

/// One chunk of a made pack: what its directory says, and what lies there.
struct MadeChunk {
    format::ChunkId id;
    util::Bytes plain;
    format::ChunkKind kind = format::ChunkKind::data;
};

struct MadePack {
    util::Bytes bytes;
    format::PackId id;
    format::SessionId session;
    std::vector<format::FrameInfo> frames;
};

inline MadePack make_pack(const repo::Access& thief, const format::Authorship& by,
                          format::Domain domain, const std::vector<MadeChunk>& chunks,
                          const format::SessionId& session) {
    const format::Header header{
        .kind = format::Kind::data_pack, .suite = by.suite, .epoch = by.epoch.epoch};
    format::PackCipher cipher = must(
        format::PackCipher::create(by.repository, by.epoch, header, thief.roster().content_public));
    MadePack made{.bytes = {}, .id = {}, .session = session, .frames = {}};
    util::append(made.bytes, cipher.header().encode());
    for (const MadeChunk& chunk : chunks) {
        const auto size = static_cast<std::uint32_t>(chunk.plain.size());
        const format::FrameInfo frame{.kind = chunk.kind,
                                      .codec = data::Codec::raw,
                                      .id = chunk.id,
                                      .stored_size = size,
                                      .plain_size = size,
                                      .offset = static_cast<std::uint32_t>(made.bytes.size())};
        made.bytes.resize(frame.offset + frame.frame_size());
        cipher.seal_frame(frame, made.frames.size(), chunk.plain,
                          std::span(made.bytes).subspan(frame.offset));
        made.frames.push_back(frame);
    }
    const std::uint64_t directory_at = made.bytes.size();
    const util::Bytes directory = format::seal_directory(by.repository, by.epoch, cipher.header(),
                                                         {.signer = by.signer,
                                                          .roster = by.roster,
                                                          .session = session,
                                                          .domain = domain,
                                                          .frames_hash = crypto::hash(made.bytes),
                                                          .frames = made.frames},
                                                         by.pair);
    util::append(made.bytes, directory);
    util::append(made.bytes, format::seal_trailer(by.repository, by.epoch, cipher.header(),
                                                  {.directory_offset = directory_at,
                                                   .directory_size = directory.size(),
                                                   .frames = made.frames.size()}));
    util::append(made.bytes, cipher.header().encode());
    made.id = format::name_of<format::PackId>(made.bytes);
    return made;
}

/// The object of a segment that names a made pack as `maker`'s.
inline util::Bytes segment_of(const MadePack& pack, const format::ActorId& maker,
                              const format::Authorship& by) {
    format::IndexSegment segment;
    segment.signer = by.signer;
    segment.roster = by.roster;
    segment.add({.pack = pack.id,
                 .session = pack.session,
                 .actor = maker,
                 .size = static_cast<std::uint32_t>(pack.bytes.size())},
                pack.frames);
    segment.sort();
    return segment.seal(by.repository, by.epoch, by.suite, by.pair);
}

inline std::string put_pack(const repo::Access& thief, const MadePack& pack) {
    const std::string name = format::names::pack(pack.id);
    must(thief.store->put(name, pack.bytes));
    return name;
}
inline std::string put_segment_object(const repo::Access& thief, util::BytesView object) {
    const std::string name = format::names::index(format::name_of<format::SegmentId>(object));
    must(thief.store->put(name, object));
    return name;
}

/// Puts an entry behind `head`, or as the first of its chain.
inline format::ChainHead put_entry(const repo::Access& access, const format::Authorship& by,
                                   format::LedgerEntry entry,
                                   const std::optional<format::ChainHead>& head) {
    entry.n = head ? head->n + 1 : 0;
    entry.previous = head ? std::vector{head->hash} : std::vector<format::EntryHash>{};
    entry.place = access.place.place;
    const util::Bytes object = format::seal_entry(by, entry);
    const auto hash = format::name_of<format::EntryHash>(object);
    must(access.store->put(format::names::ledger(by.signer, entry.n, hash), object));
    return {.actor = by.signer, .n = entry.n, .hash = hash};
}
/// One that says of an act; for keys that the program would refuse.
inline format::ChainHead put_act(const repo::Access& access, format::Act act,
                                 const format::ActFacts& facts,
                                 const std::optional<format::ChainHead>& head) {
    format::LedgerEntry entry;
    entry.act = static_cast<std::uint64_t>(act);
    entry.body = format::encode_facts(facts);
    return put_entry(access, must(access.authorship()), std::move(entry), head);
}
/// One that carries a commit.
inline format::ChainHead put_commit(const repo::Access& access, const format::Authorship& by,
                                    const format::SessionId& session, util::BytesView done,
                                    const std::optional<format::ChainHead>& head = {}) {
    format::LedgerEntry entry;
    entry.act = static_cast<std::uint64_t>(format::Act::commit);
    entry.body = util::copy_of(done);
    entry.session = session;
    return put_entry(access, by, std::move(entry), head);
}
inline std::string name_of(const format::ChainHead& head) {
    return format::names::ledger(head.actor, head.n, head.hash);
}

/// The newest record of this actor's.
inline format::Record record_of(const repo::Access& access, const format::SessionId& session) {
    Told told;
    const repo::Ledger ledger = must(repo::Ledger::load(access, told));
    const auto commits = ledger.commits_of(session);
    REQUIRE(!commits.empty());
    return must(repo::record_in(access, *commits.front()));
}

/// The ids and lengths of every data chunk, as any key of the repository sees them.
inline std::vector<std::pair<format::ChunkId, repo::ChunkPlace>>
places_of(const repo::Access& access, format::ChunkKind kind = format::ChunkKind::data) {
    Told told;
    const repo::Index index = must(repo::Index::load(access, told));
    std::vector<std::pair<format::ChunkId, repo::ChunkPlace>> places;
    index.for_each_place([&](const format::ChunkId& id, const repo::ChunkPlace& place) {
        if (place.kind == kind)
            places.emplace_back(id, place);
    });
    return places;
}

/// Revokes an actor as far as `last` (nothing: all of it), by a roster of `admin`.
inline format::RosterHash revoke(const repo::Access& admin, const format::ActorId& actor,
                                 std::optional<format::ChainHead> last = {}) {
    return put_roster_after(admin, [&](format::Roster& roster) {
        std::erase_if(roster.actors, [&](const auto& one) { return one.id == actor; });
        roster.revoked.push_back({.actor = actor,
                                  .any_counts = last.has_value(),
                                  .last_n = last ? last->n : 0,
                                  .last_hash = last ? last->hash : format::EntryHash()});
        std::ranges::sort(roster.revoked, {}, &format::Revocation::actor);
    });
}
inline format::ChainHead head_of(const repo::Access& access, const format::ActorId& actor) {
    Told told;
    return must(repo::Ledger::load(access, told)).heads().at(actor);
}

} // namespace saoluu::test
