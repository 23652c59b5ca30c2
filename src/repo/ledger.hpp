// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/ledger_entry.hpp"
#include "repo/access.hpp"

#include <map>
#include <vector>

namespace saoluu::repo {

/// One entry that was read, and whether it counts (FORMAT.md, section 11).
struct LedgerItem {
    format::EntryHash hash;
    format::ActorId actor;
    format::RosterHash roster;
    format::LedgerEntry entry;
};

/// The chains of all actors: only what counts.
class Ledger {
public:
    /// Reads and verifies every chain. Gaps, entries that no one may have signed, forks, and chains
    /// that are shorter than this machine saw them are told to `events`. errors: io
    static Result<Ledger> load(const Access& access, Events& events);

    /// Ascending by (actor, n, hash).
    [[nodiscard]] const std::vector<LedgerItem>& items() const { return items_; }
    /// Entries of the actor's chain that no other entry follows: one, or several after a fork.
    [[nodiscard]] std::vector<format::ChainHead> tips(const format::ActorId& actor) const;
    /// The newest tip of every chain.
    [[nodiscard]] std::map<format::ActorId, format::ChainHead> heads() const;
    /// The counting commit of a session whose body is `done`; null if there is none.
    [[nodiscard]] const LedgerItem* commit_of(const format::ActorId& actor,
                                              const format::SessionId& session,
                                              util::BytesView done) const;
    /// What a later entry of the chain says of a commit.
    enum class Outcome { none, seen, abandoned };
    [[nodiscard]] Outcome outcome_of(const LedgerItem& commit) const;
    /// Whether a counting entry of the actor says that he forgot the session.
    [[nodiscard]] bool tells_of_forgetting(const format::ActorId& actor,
                                           const format::SessionId& session) const;
    /// All counting commits of a session.
    [[nodiscard]] std::vector<const LedgerItem*> commits_of(const format::SessionId& session) const;
    [[nodiscard]] const std::vector<const LedgerItem*>& commits() const { return commits_; }

private:
    std::vector<LedgerItem> items_;
    std::vector<const LedgerItem*> commits_;
    std::map<format::EntryHash, bool> outcomes_; ///< commit entry -> seen
};

/// Appends an entry to this actor's chain, under the lock of this machine: names its predecessors,
/// the heads of the other chains, and what became of earlier commits. session: of a commit. Returns
/// the entry's hash.
Result<format::EntryHash> append_entry(Access& access, format::Act act, util::Bytes body,
                                       std::optional<format::SessionId> session = std::nullopt);

/// The same for acts that must not fail what they tell of (a restore, a check): an entry that can't
/// be put is told.
void note_act(Access& access, format::Act act, const format::ActFacts& facts, Events& events);

} // namespace saoluu::repo
