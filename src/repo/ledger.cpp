// SPDX-License-Identifier: Apache-2.0
#include "repo/ledger.hpp"

#include "format/names.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

namespace saoluu::repo {

using format::ActorId;
using format::ChainHead;
using format::EntryHash;
using util::message;
using util::tr;

namespace {

/// What stands under one name, verified but for the entries that it names.
/// errors: refused where the signature is the fault; corrupt; what the store says
Result<LedgerItem> read_item(const Access& access, const StoreView& view,
                             const format::names::LedgerName& name) {
    const std::string full = format::names::ledger(name.actor, name.n, name.hash);
    const auto hash = crypto::Hash::from(name.hash.view());
    Result<util::Bytes> got = view.get(full, hash, format::limits::kLedgerEntry);
    // A fault that passes must not hide an entry: who does not see his own newest one forks his
    // chain.
    if (!got && got.error().may_retry())
        got = view.get(full, hash, format::limits::kLedgerEntry);
    const util::Bytes object = TRY(std::move(got));
    if (format::name_of<EntryHash>(object) != name.hash)
        return fail(ErrorKind::corrupt, tr("damaged: its bytes do not have the hash in its name"));
    const format::Header header = TRY(format::Header::decode(object, format::Kind::ledger_entry));
    const Result<const format::EpochKey*> epoch = access.keyring.epoch(header.epoch);
    if (!epoch)
        return fail(ErrorKind::refused, tr("sealed in an epoch that this key has no part in"));
    Result<format::OpenedEntry> opened =
        format::open_entry(access.id(), **epoch, name.actor, name.n, object);
    if (!opened)
        return fail(ErrorKind::refused, opened.error().message());
    if (access.rosters.find(opened->roster) == nullptr)
        return fail(ErrorKind::refused,
                    tr("made under a roster that is not here: a roster is missing"));
    const format::ActorEntry* signer =
        access.rosters.authority(opened->roster, name.actor, Power::write);
    if (opened->signer != name.actor || signer == nullptr ||
        !opened->is_signed_by(access.id(), signer->sign))
        return fail(ErrorKind::refused,
                    tr("not signed by the owner of the chain; it is not obeyed"));
    return LedgerItem{.hash = name.hash,
                      .actor = name.actor,
                      .roster = opened->roster,
                      .entry = std::move(opened->entry)};
}

using Chain = std::map<EntryHash, LedgerItem>;

std::string name_of_item(const LedgerItem& item) {
    return format::names::ledger(item.actor, item.entry.n, item.hash);
}

/// Tells of gaps. An entry that is signed counts even behind a gap: one lost object must not undo
/// what came later. One whose number does not fit what it names is no honest one.
void judge_links(Chain& chain, Events& events) {
    std::vector<EntryHash> wrong;
    for (const auto& [hash, item] : chain) {
        bool all_there = true;
        std::uint64_t greatest = 0;
        for (const EntryHash& before : item.entry.previous) {
            const auto found = chain.find(before);
            if (found != chain.end() && found->second.entry.place == item.entry.place) {
                greatest = std::max(greatest, found->second.entry.n);
                continue;
            }
            all_there = false;
            events.finding(
                {Severity::alarm, name_of_item(item),
                 message(tr("the entry before it ({}) is missing: history was withheld or removed"),
                         before.hex().substr(0, 16))});
        }
        if (!item.entry.previous.empty() && all_there && item.entry.n != greatest + 1) {
            events.finding(
                {Severity::alarm, name_of_item(item),
                 tr("its number does not follow from the entries before it; it is not obeyed")});
            wrong.push_back(hash);
        }
    }
    for (const EntryHash& hash : wrong)
        chain.erase(hash);
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
    std::map<std::tuple<ActorId, format::PlaceId, std::uint64_t>, int> entries;
    for (const LedgerItem& item : items)
        if (++entries[{item.actor, item.entry.place, item.entry.n}] == 2)
            events.finding(
                {Severity::warning, format::names::ledger_of(item.actor),
                 message(
                     tr("two entries have number {}: the key of this actor is used in two places"),
                     item.entry.n)});
}

/// Heads that this machine or another actor saw at this place must still be there.
/// listed: every name of the listing that `ledger` was made from, which came after `seen`
void report_missing_heads(const Access& access, const Ledger& ledger, const Witness& seen,
                          const std::set<std::string>& listed, Events& events) {
    std::set<EntryHash> told;
    const auto demand = [&](const ChainHead& head, const std::string& who, bool may_be_new) {
        // What a revoked actor did past the line does not count and may well be gone.
        if (ledger.has(head.hash) || access.roster().revocation(head.actor) != nullptr ||
            !told.insert(head.hash).second)
            return;
        const std::string name = format::names::ledger(head.actor, head.n, head.hash);
        if (listed.contains(name))
            return; // what is wrong with it is told already
        // It may have come since the listing. To ask for the object itself is not enough: a store
        // that hides it from listings, so that it does not count, may give it all the same.
        if (may_be_new && store::is_listed(*access.store, name).value_or(false))
            return;
        events.finding(
            {Severity::alarm, name,
             message(
                 tr("{} saw this entry before, and it is not there now: the store was set back, "
                    "or history was removed"),
                 who)});
    };
    for (const auto& [actor, head] : seen.heads)
        demand(head, tr("this computer"), false);
    for (const LedgerItem& item : ledger.items())
        if (item.entry.place == access.place.place &&
            access.roster().revocation(item.actor) == nullptr)
            for (const ChainHead& head : item.entry.heads)
                demand(head, util::printable(access.names_of(item.actor).holder), true);
}

} // namespace

Result<Ledger> Ledger::load(const Access& access, Events& events) {
    return load(access, TRY(access.look({format::names::kLedger})), events);
}

Result<Ledger> Ledger::load(const Access& access, const Access::Look& look, Events& events) {
    std::map<ActorId, Chain> chains;
    std::set<std::string> listed;
    for (const store::ObjectInfo& info : TRY(look.view.list_all(format::names::kLedger))) {
        listed.insert(info.name);
        const auto name = format::names::parse_as<format::names::LedgerName>(info.name);
        if (!name)
            continue;
        Result<LedgerItem> item = read_item(access, look.view, *name);
        if (item) {
            chains[name->actor].emplace(name->hash, std::move(*item));
            continue;
        }
        const ErrorKind kind = item.error().kind();
        if (kind == ErrorKind::denied || kind == ErrorKind::no_memory)
            return Failure(item.error());
        // One entry that can't be read is that entry's damage; a store that is gone fails the next
        // listing.
        events.finding({kind == ErrorKind::refused ? Severity::alarm : Severity::damage, info.name,
                        item.error().message()});
    }
    Ledger ledger;
    for (auto& [actor, chain] : chains) {
        judge_links(chain, events);
        if (access.roster().revocation(actor) != nullptr)
            cut_at_revocations(chain, access.roster().revocations(actor));
        for (auto& [hash, item] : chain)
            ledger.items_.push_back(std::move(item));
    }
    ledger.index(access.place.place);
    report_forks(ledger.items_, events);
    report_missing_heads(access, ledger, look.seen, listed, events);
    return ledger;
}

void Ledger::index(const format::PlaceId& place) {
    place_ = place;
    std::ranges::sort(items_, [](const LedgerItem& a, const LedgerItem& b) {
        return std::tie(a.actor, a.entry.n, a.hash) < std::tie(b.actor, b.entry.n, b.hash);
    });
    std::map<EntryHash, ActorId> committed_by; // of this place
    for (const LedgerItem& item : items_) {
        hashes_.insert(item.hash);
        if (!item.entry.is(format::Act::commit) || !item.entry.session)
            continue;
        commits_.push_back(&item);
        by_session_.emplace(*item.entry.session, &item);
        if (item.entry.place == place_)
            committed_by.emplace(item.hash, item.actor);
    }
    for (const LedgerItem& item : items_) {
        if (item.entry.place != place_)
            continue;
        for (const format::CommitOutcome& outcome : item.entry.outcomes) {
            // Nobody speaks of another's commits.
            const auto commit = committed_by.find(outcome.entry);
            if (commit != committed_by.end() && commit->second == item.actor)
                (outcome.seen ? seen_ : abandoned_).insert(outcome.entry);
        }
    }
}

std::vector<ChainHead> Ledger::tips(const ActorId& actor) const {
    std::map<EntryHash, ChainHead> open;
    for (const LedgerItem& item : items_) {
        if (item.actor != actor || item.entry.place != place_)
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
        if (item.entry.place == place_)
            heads.insert_or_assign(
                item.actor, ChainHead{.actor = item.actor, .n = item.entry.n, .hash = item.hash});
    return heads;
}

std::vector<const LedgerItem*> Ledger::commits_of(const format::SessionId& session) const {
    std::vector<const LedgerItem*> found;
    for (auto [it, end] = by_session_.equal_range(session); it != end; ++it)
        found.push_back(it->second);
    return found;
}

Ledger::Outcome Ledger::outcome_of(const LedgerItem& commit) const {
    if (seen_.contains(commit.hash))
        return Outcome::seen;
    return abandoned_.contains(commit.hash) ? Outcome::abandoned : Outcome::none;
}

namespace {
template <class Says>
bool anyone_says(const Access& access, const std::vector<LedgerItem>& items, format::Act act,
                 Power power, const Says& says) {
    return std::ranges::any_of(items, [&](const LedgerItem& item) {
        if (!item.entry.is(act) || item.entry.place != access.place.place ||
            access.rosters.authority(item.roster, item.actor, power) == nullptr)
            return false;
        const Result<format::ActFacts> facts = format::decode_facts(item.entry.body);
        return facts && says(*facts);
    });
}
} // namespace

bool Ledger::tells(const Access& access, format::Act act, Power power,
                   const format::SessionId& session) const {
    return anyone_says(access, items_, act, power,
                       [&](const format::ActFacts& facts) { return facts.session == session; });
}

bool Ledger::tells(const Access& access, format::Act act, Power power,
                   const format::MarkId& mark) const {
    return anyone_says(access, items_, act, power,
                       [&](const format::ActFacts& facts) { return facts.mark == mark; });
}

Result<format::Record> record_in(const Access& access, const LedgerItem& commit) {
    const format::SessionId& session = *commit.entry.session;
    const format::Header header =
        TRY(format::Header::decode(commit.entry.body, format::Kind::record));
    const format::EpochKey* epoch = TRY(access.keyring.epoch(header.epoch));
    format::OpenedSessionObject opened =
        TRY(format::open_session_object(access.id(), *epoch, commit.entry.body, session.view()));
    auto* record = std::get_if<format::Record>(&opened.value);
    const format::ActorEntry* signer =
        access.rosters.authority(opened.roster, commit.actor, Power::write);
    if (record == nullptr || opened.signer != commit.actor || signer == nullptr ||
        signer->domain != record->domain ||
        !opened.is_signed_by(access.id(), session.view(), signer->sign))
        return fail(ErrorKind::corrupt, tr("a ledger entry carries no record of its actor"));
    return std::move(*record);
}

} // namespace saoluu::repo
