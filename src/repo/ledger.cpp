// SPDX-License-Identifier: Apache-2.0
#include "repo/ledger.hpp"

#include "format/names.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

namespace saoluu::repo {

using format::ActorId;
using format::ChainHead;
using format::EntryHash;
using util::message;
using util::tr;

namespace {

/// What stands under one name, verified but for the entries that it names.
Result<LedgerItem> read_item(const Access& access, const format::names::LedgerName& name) {
    const std::string full = format::names::ledger(name.actor, name.n, name.hash);
    const util::Bytes object = TRY(access.store->get(full, format::limits::kLedgerEntry));
    if (format::name_of<EntryHash>(object) != name.hash)
        return fail(ErrorKind::corrupt, tr("damaged: its bytes do not have the hash in its name"));
    const format::Header header = TRY(format::Header::decode(object, format::Kind::ledger_entry));
    const format::EpochKey* epoch = TRY(access.keyring.epoch(header.epoch));
    format::OpenedEntry opened =
        TRY(format::open_entry(access.id(), *epoch, name.actor, name.n, object));
    const format::ActorEntry* signer =
        access.rosters.authority(opened.roster, name.actor, Power::write);
    if (opened.signer != name.actor || signer == nullptr ||
        !opened.is_signed_by(access.id(), signer->sign))
        return fail(ErrorKind::denied,
                    tr("not signed by the owner of the chain; it is not obeyed"));
    return LedgerItem{.hash = name.hash,
                      .actor = name.actor,
                      .roster = opened.roster,
                      .entry = std::move(opened.entry)};
}

using Chain = std::map<EntryHash, LedgerItem>;

/// Tells of gaps. An entry that is signed counts even behind a gap: one lost object must not undo
/// what came later.
void report_gaps(const Chain& chain, Events& events) {
    for (const auto& [hash, item] : chain)
        for (const EntryHash& before : item.entry.previous) {
            const auto found = chain.find(before);
            if (found != chain.end() && found->second.entry.n < item.entry.n)
                continue;
            events.finding(
                {Severity::alarm, format::names::ledger(item.actor, item.entry.n, item.hash),
                 message(tr("the entry before it ({}) is missing: history was withheld or removed"),
                         before.hex().substr(0, 16))});
        }
}

/// Of a revoked actor only what leads up to the last entry that counts, of each branch that does.
void cut_at_revocations(Chain& chain, std::span<const format::Revocation> revocations) {
    std::set<EntryHash> keep;
    std::vector<EntryHash> open;
    for (const format::Revocation& revocation : revocations)
        if (revocation.any_counts)
            open.push_back(revocation.last_hash);
    while (!open.empty()) {
        const EntryHash hash = open.back();
        open.pop_back();
        const auto found = chain.find(hash);
        if (found == chain.end() || !keep.insert(hash).second)
            continue;
        open.insert(open.end(), found->second.entry.previous.begin(),
                    found->second.entry.previous.end());
    }
    std::erase_if(chain, [&](const auto& pair) { return !keep.contains(pair.first); });
}

void report_forks(const std::vector<LedgerItem>& items, Events& events) {
    for (std::size_t i = 1; i < items.size(); ++i)
        if (items[i].actor == items[i - 1].actor && items[i].entry.n == items[i - 1].entry.n)
            events.finding(
                {Severity::warning, format::names::ledger_of(items[i].actor),
                 message(
                     tr("two entries have number {}: the key of this actor is used in two places"),
                     items[i].entry.n)});
}

/// Heads that this machine or another actor saw must still be there.
void report_missing_heads(const std::vector<LedgerItem>& items, const Witness& seen,
                          const RosterChain& rosters, Events& events) {
    std::set<EntryHash> present;
    for (const LedgerItem& item : items)
        present.insert(item.hash);
    std::set<EntryHash> told;
    const auto demand = [&](const ChainHead& head) {
        // What a revoked actor did past the line does not count and may well be gone.
        if (present.contains(head.hash) || rosters.current().revocation(head.actor) != nullptr ||
            !told.insert(head.hash).second)
            return;
        events.finding({Severity::alarm, format::names::ledger(head.actor, head.n, head.hash),
                        tr("this entry was seen before and is not there now: the store was set "
                           "back, or history was removed")});
    };
    for (const auto& [actor, head] : seen.heads)
        demand(head);
    for (const LedgerItem& item : items)
        for (const ChainHead& head : item.entry.heads)
            demand(head);
}

} // namespace

Result<Ledger> Ledger::load(const Access& access, Events& events) {
    std::map<ActorId, Chain> chains;
    for (const store::ObjectInfo& info :
         TRY(store::list_all(*access.store, format::names::kLedger))) {
        const auto name = format::names::parse_as<format::names::LedgerName>(info.name);
        if (!name)
            continue;
        Result<LedgerItem> item = read_item(access, *name);
        if (item) {
            chains[name->actor].emplace(name->hash, std::move(*item));
            continue;
        }
        const ErrorKind kind = item.error().kind();
        if (kind == ErrorKind::io || kind == ErrorKind::no_memory)
            return Failure(item.error());
        events.finding({kind == ErrorKind::denied ? Severity::alarm : Severity::damage, info.name,
                        item.error().message()});
    }
    Ledger ledger;
    for (auto& [actor, chain] : chains) {
        report_gaps(chain, events);
        if (access.roster().revocation(actor) != nullptr)
            cut_at_revocations(chain, access.roster().revocations(actor));
        for (auto& [hash, item] : chain)
            ledger.items_.push_back(std::move(item));
    }
    std::ranges::sort(ledger.items_, [](const LedgerItem& a, const LedgerItem& b) {
        return std::tie(a.actor, a.entry.n, a.hash) < std::tie(b.actor, b.entry.n, b.hash);
    });
    for (const LedgerItem& item : ledger.items_) {
        if (item.entry.is(format::Act::commit) && item.entry.session)
            ledger.commits_.push_back(&item);
        for (const format::CommitOutcome& outcome : item.entry.outcomes)
            ledger.outcomes_.emplace(outcome.entry, outcome.seen);
    }
    report_forks(ledger.items_, events);
    report_missing_heads(ledger.items_, access.local.witness(), access.rosters, events);
    return ledger;
}

std::vector<ChainHead> Ledger::tips(const ActorId& actor) const {
    std::map<EntryHash, ChainHead> open;
    for (const LedgerItem& item : items_) {
        if (item.actor != actor)
            continue;
        for (const EntryHash& before : item.entry.previous)
            open.erase(before);
        open.emplace(item.hash, ChainHead{.actor = actor, .n = item.entry.n, .hash = item.hash});
    }
    std::vector<ChainHead> tips;
    for (const auto& [hash, head] : open)
        tips.push_back(head);
    return tips;
}

std::map<ActorId, ChainHead> Ledger::heads() const {
    std::map<ActorId, ChainHead> heads;
    for (const LedgerItem& item : items_) // ascending by n within an actor
        heads.insert_or_assign(
            item.actor, ChainHead{.actor = item.actor, .n = item.entry.n, .hash = item.hash});
    return heads;
}

std::vector<const LedgerItem*> Ledger::commits_of(const format::SessionId& session) const {
    std::vector<const LedgerItem*> found;
    for (const LedgerItem* item : commits_)
        if (item->entry.session == session)
            found.push_back(item);
    return found;
}

const LedgerItem* Ledger::commit_of(const ActorId& actor, const format::SessionId& session,
                                    util::BytesView done) const {
    for (const LedgerItem* item : commits_of(session))
        if (item->actor == actor && util::equal(item->entry.body, done))
            return item;
    return nullptr;
}

bool Ledger::tells_of_forgetting(const ActorId& actor, const format::SessionId& session) const {
    return std::ranges::any_of(items_, [&](const LedgerItem& item) {
        if (item.actor != actor || !item.entry.is(format::Act::forget))
            return false;
        const Result<format::ActFacts> facts = format::decode_facts(item.entry.body);
        return facts && facts->session == session;
    });
}

Ledger::Outcome Ledger::outcome_of(const LedgerItem& commit) const {
    const auto found = outcomes_.find(commit.hash);
    if (found == outcomes_.end())
        return Outcome::none;
    return found->second ? Outcome::seen : Outcome::abandoned;
}

} // namespace saoluu::repo
