// SPDX-License-Identifier: Apache-2.0
#include "repo/ledger.hpp"

#include "format/names.hpp"
#include "repo/acknowledged.hpp"
#include "repo/fences.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::repo {

using format::EntryHash;
using util::message;
using util::tr;

namespace {

/// A session that has been silent for so long is dead: a writer's session lives less (DESIGN's
/// grace).
constexpr format::Time kGrace = 7 * 24 * 60 * 60;

/// Heads for an entry to name: all, or where there are more than it has room for, others each time.
std::vector<format::ChainHead> some_heads(const std::map<format::ActorId, format::ChainHead>& heads,
                                          const format::ActorId& self, std::uint64_t n) {
    constexpr std::size_t kMost = 8'192;
    std::vector<format::ChainHead> some;
    for (const auto& [actor, head] : heads)
        if (actor != self)
            some.push_back(head);
    if (some.size() <= kMost)
        return some;
    const auto first = static_cast<std::ptrdiff_t>(n * kMost % some.size());
    std::rotate(some.begin(), some.begin() + first, some.end());
    some.resize(kMost);
    std::ranges::sort(some, {}, &format::ChainHead::actor);
    return some;
}

enum class DoneState { own, fenced, missing, unclear };

/// Whether this actor took the session's `done` back, having found a fence beside it, where the
/// store has no exclusive create. To call it seen would bring it back to life.
bool has_void(const Access& access, const format::SessionId& session) {
    if (access.place.exclusive_create())
        return false;
    const Result<format::OpenedSessionObject> opened =
        [&]() -> Result<format::OpenedSessionObject> {
        const util::Bytes object = TRY(access.store->get(
            format::names::session(session, format::names::Part::void_), format::limits::kSmall));
        const format::Header header = TRY(format::Header::decode(object, format::Kind::void_));
        const format::EpochKey* epoch = TRY(access.keyring.epoch(header.epoch));
        return format::open_session_object(access.id(), *epoch, object, session.view());
    }();
    return opened && opened->signer == access.keyring.actor() &&
           opened->is_signed_by(access.id(), session.view(),
                                access.keyring.sign_pair().public_half());
}

/// What lies in the place of a commit's `done`.
Result<DoneState> state_of_done(const Access& access, const Ledger& ledger,
                                const LedgerItem& commit) {
    const format::SessionId& session = *commit.entry.session;
    const Result<util::Bytes> done = access.store->get(
        format::names::session(session, format::names::Part::done), format::limits::kRecord);
    if (!done && done.error().kind() == ErrorKind::not_found)
        return DoneState::missing;
    if (!done)
        return done.error().kind() == ErrorKind::denied ? Result<DoneState>(Failure(done.error()))
                                                        : DoneState::unclear;
    if (util::equal(*done, commit.entry.body))
        return has_void(access, session) ? DoneState::fenced : DoneState::own;
    return is_fence_that_counts(access, ledger, session, *done) ? DoneState::fenced
                                                                : DoneState::unclear;
}

} // namespace

Result<void> refresh(Access& access, Events& events) {
    return refresh(access, TRY(access.look({format::names::kRosters})), events);
}

Result<void> refresh(Access& access, const Access::Look& look, Events& events) {
    RosterChain fresh = TRY(RosterChain::load(look.view, access.format, look.seen, events));
    // What was read once still counts, though a store that fails gives less of it now.
    if (fresh.accepted().size() < access.rosters.accepted().size())
        return fresh.write_refusal() ? Result<void>(Failure(*fresh.write_refusal()))
                                     : Result<void>();
    const bool is_new = fresh.current_hash() != access.rosters.current_hash();
    if (fresh.current().find(access.keyring.actor()) == nullptr)
        return fail(ErrorKind::wrong_key, tr("this key does not count in this repository any more: "
                                             "it was revoked; ask an admin for a new one"));
    access.rosters = std::move(fresh);
    if (!is_new)
        return {};
    access.keyring.adopt(TRY(format::open_bundle(
        access.id(), access.keyring.actor(), access.keyring.seal_pair(), access.self().bundle)));
    return {};
}

Result<LedgerAppender> LedgerAppender::open(Access& access, Events& events) {
    TRY(access.may_write());
    return open(access, events,
                std::make_shared<const util::FileLock>(
                    TRY(access.local.lock_ledger(access.keyring.actor()))));
}

Result<LedgerAppender> LedgerAppender::open(Access& access, Events& events,
                                            std::shared_ptr<const util::FileLock> lock) {
    Events silent; // whoever opened the repository has told what is wrong with its rosters
    const Access::Look look = TRY(access.look({format::names::kLedger, format::names::kRosters}));
    TRY(refresh(access, look, silent));
    TRY(access.may_write());
    Ledger ledger = TRY(Ledger::load(access, look, silent));
    return LedgerAppender(access, events, std::move(lock), std::move(ledger));
}

/// What became of this actor's commits of which no entry says it yet. Where that is not clear
/// nothing is said: a wrong word would disown a good snapshot.
Result<std::vector<format::CommitOutcome>> LedgerAppender::outcomes() const {
    const std::optional<EntryHash> acknowledged = last_acknowledged(*access_);
    std::vector<format::CommitOutcome> found;
    for (const LedgerItem* commit : ledger_.commits()) {
        if (commit->actor != access_->keyring.actor() ||
            commit->entry.place != access_->place.place ||
            ledger_.outcome_of(*commit) != Ledger::Outcome::none)
            continue;
        if (commit->hash == acknowledged) {
            found.push_back({.entry = commit->hash, .seen = true});
            continue;
        }
        const DoneState state = TRY(state_of_done(*access_, ledger_, *commit));
        const bool is_old = commit->entry.time + kGrace < access_->clock->now();
        if (state == DoneState::own)
            found.push_back({.entry = commit->hash, .seen = true});
        else if (state == DoneState::fenced || (state == DoneState::missing && is_old))
            found.push_back({.entry = commit->hash, .seen = false});
    }
    std::ranges::sort(found, {}, &format::CommitOutcome::entry);
    return found;
}

Result<EntryHash> LedgerAppender::append(format::Act act, util::Bytes body,
                                         std::optional<format::SessionId> session) {
    const format::ActorId& self = access_->keyring.actor();
    format::LedgerEntry entry;
    entry.time = access_->clock->now();
    entry.act = static_cast<std::uint64_t>(act);
    entry.body = std::move(body);
    entry.session = session;
    entry.place = access_->place.place;
    // What this machine remembers is named even where the store hides it: then the gap is there for
    // everyone to see.
    std::vector<format::ChainHead> before = ledger_.tips(self);
    std::map<format::ActorId, format::ChainHead> heads = ledger_.heads();
    for (const auto& [actor, head] : access_->local.witness().heads) {
        if (ledger_.has(head.hash))
            continue;
        if (actor == self)
            before.push_back(head);
        else if (const auto [it, is_new] = heads.emplace(actor, head);
                 !is_new && it->second.n < head.n)
            it->second = head;
    }
    for (const format::ChainHead& head : before) {
        entry.previous.push_back(head.hash);
        entry.n = std::max(entry.n, head.n + 1);
    }
    std::ranges::sort(entry.previous);
    entry.heads = some_heads(heads, self, entry.n);
    entry.outcomes = TRY(outcomes());

    const format::Authorship by = TRY(access_->authorship());
    const util::Bytes object = format::seal_entry(by, entry);
    const auto hash = format::name_of<EntryHash>(object);
    const std::string name = format::names::ledger(by.signer, entry.n, hash);
    if (TRY(access_->store->put(name, object)) == store::Put::exists &&
        !util::equal(TRY(access_->store->get(name, format::limits::kLedgerEntry)), object))
        return fail(ErrorKind::failure, message(tr("{}: someone put other bytes there"), name));
    if (access_->kept)
        access_->kept->keep(crypto::hash(object),
                            object); // the next run need not fetch what this one made

    Witness seen{.roster_n = {}, .roster = {}, .heads = std::move(heads)};
    seen.heads.insert_or_assign(by.signer,
                                format::ChainHead{.actor = by.signer, .n = entry.n, .hash = hash});
    if (const Result<void> kept = access_->local.remember(seen); !kept)
        events_->finding(
            {Severity::notice, "",
             message(tr("what this computer saw could not be noted, so a store that is set "
                        "back would go unnoticed: {}"),
                     kept.error().message())});
    return hash;
}

Result<EntryHash> append_entry(Access& access, format::Act act, util::Bytes body, Events& events) {
    LedgerAppender appender = TRY(LedgerAppender::open(access, events));
    return appender.append(act, std::move(body));
}

void note_act(Access& access, format::Act act, const format::ActFacts& facts, Events& events) {
    const Result<EntryHash> noted = append_entry(access, act, format::encode_facts(facts), events);
    if (!noted)
        events.finding({Severity::notice, std::string(format::names::kLedger),
                        message(tr("this act could not be entered in the ledger: {}"),
                                noted.error().message())});
}

} // namespace saoluu::repo
