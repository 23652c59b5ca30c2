// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/names.hpp"
#include "format/page.hpp"
#include "repo/snapshot_set.hpp"
#include "repo/write_session.hpp"
#include "repository_case.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Snapshots of a few chunks, made without the engine.
namespace saoluu::test {

/// A catalog page with nothing but the root.
inline util::Bytes root_page() {
    format::Entry root;
    root.type = format::FileType::folder;
    format::PageWriter page(0);
    page.add_entry("", format::encode_body(root));
    return page.take();
}

/// A session of which the snapshot is still to be committed: chunks of these texts, and a catalog
/// of the root alone.
struct Begun {
    std::unique_ptr<repo::WriteSession> session;
    repo::WriteSession::Draft draft;
    std::size_t stored = 0; ///< chunks that were not known
};
inline Begun begin_snapshot(repo::Access& access, const std::vector<std::string>& texts,
                            Events& events, const std::string& job = "") {
    Begun begun{.session = must(repo::WriteSession::begin(access, events)), .draft = {}};
    data::Compressor compressor(3);
    const auto put = [&](repo::WriteSession::Packer& packer, format::ChunkKind kind,
                         util::BytesView plain) {
        const format::ChunkId id = begun.session->domain().chunk_id(kind, plain);
        if (begun.session->claim(kind, id) == repo::WriteSession::Claim::mine) {
            must(packer.add(kind, id, compressor.compress(plain), plain.size()));
            ++begun.stored;
        }
        return id;
    };
    auto data = begun.session->data_packer();
    for (const std::string& text : texts)
        put(data, format::ChunkKind::data, util::as_bytes(text));
    must(data.finish());
    auto catalog = begun.session->catalog_packer();
    begun.draft.root_page = put(catalog, format::ChunkKind::page, root_page());
    must(catalog.finish());
    begun.draft.job = job;
    return begun;
}

/// A whole snapshot; its session.
inline format::SessionId commit_snapshot(repo::Access& access,
                                         const std::vector<std::string>& texts = {"a"},
                                         const std::string& job = "") {
    Told told;
    Begun begun = begin_snapshot(access, texts, told, job);
    const auto outcome = must(begun.session->commit(std::move(begun.draft)));
    REQUIRE(outcome == repo::WriteSession::Outcome::committed);
    return begun.session->id();
}

inline std::vector<format::SessionId> snapshots(const repo::Access& access, Events& events) {
    const repo::Ledger ledger = must(repo::Ledger::load(access, events));
    std::vector<format::SessionId> found;
    for (const repo::Snapshot& snapshot :
         must(repo::load_snapshots(access, ledger, events)).snapshots)
        found.push_back(snapshot.record.session);
    return found;
}
inline std::vector<format::SessionId> snapshots(const repo::Access& access) {
    Told told;
    return snapshots(access, told);
}

/// Appends an entry of some act to the actor's chain; its hash.
inline format::EntryHash append_to_ledger(repo::Access& access) {
    Told told;
    repo::note_act(access, format::Act::check, {}, told);
    REQUIRE_MESSAGE(told.findings.empty(), told.text());
    return must(repo::Ledger::load(access, told)).heads().at(access.keyring.actor()).hash;
}

/// Puts `forgotten`, and says so in the ledger.
inline void forget(repo::Access& access, const format::SessionId& session) {
    put_object(access, session,
               format::Forgotten{
                   .session = session, .time = 1, .reason = "a test", .place = access.place.place});
    Told told;
    repo::note_act(access, format::Act::forget,
                   {.roster = {}, .session = session, .mark = {}, .text = ""}, told);
    REQUIRE_MESSAGE(told.findings.empty(), told.text());
}

/// Puts a mark, and says so in the ledger.
inline format::MarkId mark(repo::Access& access, format::MarkPurpose purpose,
                           std::vector<format::PackId> packs) {
    const format::MarkId id = put_mark(access, purpose, std::move(packs));
    Told told;
    repo::note_act(access, format::Act::mark, {.roster = {}, .session = {}, .mark = id, .text = ""},
                   told);
    REQUIRE_MESSAGE(told.findings.empty(), told.text());
    return id;
}

inline std::string name_of(const format::SessionId& session, format::names::Part part) {
    return format::names::session(session, part);
}

/// The one name that a listing has and `before` has not.
inline std::string new_name(const std::vector<std::string>& now,
                            const std::vector<std::string>& before) {
    std::vector<std::string> added;
    std::ranges::set_difference(now, before, std::back_inserter(added));
    REQUIRE(added.size() == 1);
    return added.front();
}

} // namespace saoluu::test
