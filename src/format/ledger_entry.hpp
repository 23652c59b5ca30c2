// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/session_objects.hpp"

namespace saoluu::format {

enum class Act : std::uint64_t {
    init = 1,
    issue = 2,
    commit = 3,
    forget = 4,
    mark = 5,
    sweep = 6,
    check = 7,
    restore = 8,
    rotate = 9,
};

struct ChainHead {
    ActorId actor;
    std::uint64_t n = 0;
    EntryHash hash;
    friend bool operator==(const ChainHead&, const ChainHead&) = default;
    /// By (actor, hash), as the format wants heads sorted: n says nothing that the hash does not.
    friend std::strong_ordering operator<=>(const ChainHead& a, const ChainHead& b) {
        const auto actors = a.actor <=> b.actor;
        return actors != 0 ? actors : a.hash <=> b.hash;
    }
};

struct CommitOutcome {
    EntryHash entry;
    bool seen = false; ///< false: abandoned
};

/// What acts other than a commit say.
struct ActFacts {
    std::optional<RosterHash> roster;
    std::optional<SessionId> session;
    std::optional<MarkId> mark;
    std::string text;
};
Bytes encode_facts(const ActFacts& facts);
Result<ActFacts> decode_facts(BytesView body);

/// One entry of an actor's chain (FORMAT.md, section 11).
struct LedgerEntry {
    std::uint64_t n = 0;
    std::vector<EntryHash> previous; ///< ascending
    std::vector<ChainHead> heads;    ///< ascending by (actor, hash)
    Time time = 0;
    std::uint64_t act = 0;               ///< an Act, or a number that this version does not know
    Bytes body;                          ///< commit: the whole `done` object; else encode_facts
    PlaceId place;                       ///< the copy of the repository whose chain this is part of
    std::optional<SessionId> session;    ///< of a commit, and only of one
    std::vector<CommitOutcome> outcomes; ///< ascending by entry

    [[nodiscard]] bool is(Act a) const { return act == static_cast<std::uint64_t>(a); }
};

/// The object; its name is names::ledger(by.signer, entry.n, name_of<EntryHash>(bytes)).
Bytes seal_entry(const Authorship& by, const LedgerEntry& entry);
/// The same with the salt given: for the vectors alone.
Bytes seal_entry_with_salt(const Authorship& by, const LedgerEntry& entry, const Hash& salt);

struct OpenedEntry {
    LedgerEntry entry;
    ActorId signer;
    RosterHash roster;
    Header header;
    Hash salt; ///< signed as well
    Bytes body;
    [[nodiscard]] bool is_signed_by(const RepositoryId& repository,
                                    const crypto::SignPublic& signer_public) const;
};
/// actor and n as the object's name says; they must be those inside.
Result<OpenedEntry> open_entry(const RepositoryId& repository, const EpochKey& epoch,
                               const ActorId& actor, std::uint64_t n, BytesView object);

} // namespace saoluu::format
