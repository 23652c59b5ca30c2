// SPDX-License-Identifier: Apache-2.0
#include "repo/ledger.hpp"

#include "format/names.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::repo {

using format::EntryHash;
using util::message;
using util::tr;

namespace {

/// What became of this actor's commits of which no entry says it yet: `done` holds the same bytes,
/// or not.
Result<std::vector<format::CommitOutcome>> outcomes(const Access& access, const Ledger& ledger) {
    std::vector<format::CommitOutcome> found;
    for (const LedgerItem* commit : ledger.commits()) {
        if (commit->actor != access.keyring.actor() ||
            ledger.outcome_of(*commit) != Ledger::Outcome::none)
            continue;
        const Result<util::Bytes> done = access.store->get(
            format::names::session(*commit->entry.session, format::names::Part::done),
            format::limits::kRecord);
        if (!done && done.error().kind() != ErrorKind::not_found &&
            done.error().kind() != ErrorKind::corrupt)
            return Failure(done.error());
        found.push_back(
            {.entry = commit->hash, .seen = done && util::equal(*done, commit->entry.body)});
    }
    std::ranges::sort(found, {}, &format::CommitOutcome::entry);
    return found;
}

} // namespace

Result<EntryHash> append_entry(Access& access, format::Act act, util::Bytes body,
                               std::optional<format::SessionId> session) {
    TRY(access.may_write());
    const util::FileLock lock = TRY(access.local.lock_ledger(access.keyring.actor()));
    Events silent; // whoever loaded the ledger for its own sake has told what is wrong with it
    const Ledger ledger = TRY(Ledger::load(access, silent));

    format::LedgerEntry entry;
    entry.time = access.clock->now();
    entry.act = static_cast<std::uint64_t>(act);
    entry.body = std::move(body);
    entry.session = session;
    for (const format::ChainHead& tip : ledger.tips(access.keyring.actor())) {
        entry.previous.push_back(tip.hash);
        entry.n = std::max(entry.n, tip.n + 1);
    }
    std::ranges::sort(entry.previous);
    for (const auto& [actor, head] : ledger.heads())
        if (actor != access.keyring.actor())
            entry.heads.push_back(head);
    entry.outcomes = TRY(outcomes(access, ledger));

    const format::Authorship by = TRY(access.authorship());
    const util::Bytes object = format::seal_entry(by, entry);
    if (object.size() > format::limits::kLedgerEntry)
        return fail(ErrorKind::failure, tr("the ledger entry is over its limit"));
    const auto hash = format::name_of<EntryHash>(object);
    TRY(access.store->put(format::names::ledger(by.signer, entry.n, hash),
                          object)); // its name is its hash: "exists" is success

    Witness seen{.roster_n = {}, .roster = {}, .heads = ledger.heads()};
    seen.heads.insert_or_assign(by.signer,
                                format::ChainHead{.actor = by.signer, .n = entry.n, .hash = hash});
    TRY(access.local.remember(seen));
    return hash;
}

void note_act(Access& access, format::Act act, const format::ActFacts& facts, Events& events) {
    const Result<EntryHash> noted = append_entry(access, act, format::encode_facts(facts));
    if (!noted)
        events.finding({Severity::notice, std::string(format::names::kLedger),
                        message(tr("this act could not be entered in the ledger: {}"),
                                noted.error().message())});
}

} // namespace saoluu::repo
