// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/ledger_entry.hpp"
#include "repo/access.hpp"

#include <map>
#include <memory>
#include <set>
#include <vector>

namespace saoluu::repo {

/// One entry that was read and counts (FORMAT.md, section 11).
struct LedgerItem {
    format::EntryHash hash;
    format::ActorId actor;
    format::RosterHash roster;
    format::LedgerEntry entry;
};

/// The chains of all actors: only what counts. A chain belongs to an actor and a place; what is
/// said of commits, and heads, are of the place that is open.
class Ledger {
public:
    /// Reads and verifies every chain. Gaps, entries that no one may have signed, forks, and chains
    /// that are shorter than this machine saw them are told to `events`.
    /// errors: denied, io where the store itself fails
    static Result<Ledger> load(const Access& access, Events& events);
    static Result<Ledger> load(const Access& access, const Access::Look& look, Events& events);
    Ledger(Ledger&&) = default;
    Ledger& operator=(Ledger&&) = default;
    Ledger(const Ledger&) = delete; // it points into itself
    Ledger& operator=(const Ledger&) = delete;

    /// Ascending by (actor, n, hash).
    [[nodiscard]] const std::vector<LedgerItem>& items() const { return items_; }
    /// Entries of the actor's chain at this place that no other entry follows: one, or several
    /// after a fork.
    [[nodiscard]] std::vector<format::ChainHead> tips(const format::ActorId& actor) const;
    /// The newest entry of every chain at this place.
    [[nodiscard]] std::map<format::ActorId, format::ChainHead> heads() const;
    [[nodiscard]] bool has(const format::EntryHash& entry) const { return hashes_.contains(entry); }

    /// What the commit's own chain says of it at this place; *seen* outweighs *abandoned*.
    enum class Outcome { none, seen, abandoned };
    [[nodiscard]] Outcome outcome_of(const LedgerItem& commit) const;
    /// All counting commits of a session.
    [[nodiscard]] std::vector<const LedgerItem*> commits_of(const format::SessionId& session) const;
    [[nodiscard]] const std::vector<const LedgerItem*>& commits() const { return commits_; }

    /// Whether a counting entry of someone who had that power says that he did `act` to the session
    /// or mark.
    [[nodiscard]] bool tells(const Access& access, format::Act act, Power power,
                             const format::SessionId& session) const;
    [[nodiscard]] bool tells(const Access& access, format::Act act, Power power,
                             const format::MarkId& mark) const;

private:
    Ledger() = default;
    void index(const format::PlaceId& place);

    std::vector<LedgerItem> items_;
    std::vector<const LedgerItem*> commits_;
    std::multimap<format::SessionId, const LedgerItem*> by_session_;
    std::set<format::EntryHash> hashes_;
    std::set<format::EntryHash> seen_, abandoned_;
    format::PlaceId place_;
};

/// Appends entries to this actor's chain, one process of this machine at a time: it holds the
/// ledger's lock while it lives.
class LedgerAppender {
public:
    /// Takes the lock, brings rosters up to date and reads the ledger.
    /// errors: refused, unsupported, wrong_key (nothing may be written, or this key does not count
    /// any more), io, denied
    static Result<LedgerAppender> open(Access& access, Events& events);
    /// The same with the lock that the caller holds, for several places at once.
    static Result<LedgerAppender> open(Access& access, Events& events,
                                       std::shared_ptr<const util::FileLock> lock);

    [[nodiscard]] const Ledger& ledger() const { return ledger_; }
    /// Puts an entry that names its predecessors (what this machine remembers too), the heads of
    /// the other chains, and what became of earlier commits. session: of a commit. Returns the
    /// entry's hash.
    Result<format::EntryHash> append(format::Act act, util::Bytes body,
                                     std::optional<format::SessionId> session = std::nullopt);

private:
    LedgerAppender(Access& access, Events& events, std::shared_ptr<const util::FileLock> lock,
                   Ledger ledger)
        : access_(&access), events_(&events), lock_(std::move(lock)), ledger_(std::move(ledger)) {}
    Result<std::vector<format::CommitOutcome>> outcomes() const;

    Access* access_;
    Events* events_;
    std::shared_ptr<const util::FileLock> lock_; ///< appenders of several places share it
    Ledger ledger_;
};

/// One entry: open() and append().
Result<format::EntryHash> append_entry(Access& access, format::Act act, util::Bytes body,
                                       Events& events);

/// The same for acts that must not fail what they tell of (a restore, a check): an entry that can't
/// be put is told.
void note_act(Access& access, format::Act act, const format::ActFacts& facts, Events& events);

/// The record that a commit carries, signed by its actor.
/// errors: corrupt, wrong_key
Result<format::Record> record_in(const Access& access, const LedgerItem& commit);

/// Reads the rosters anew and takes over what this key's bundle carries now.
/// errors: wrong_key if the key does not count any more; as RosterChain::load
Result<void> refresh(Access& access, Events& events);
Result<void> refresh(Access& access, const Access::Look& look, Events& events);

} // namespace saoluu::repo
