// SPDX-License-Identifier: Apache-2.0
#include "repo/snapshot_set.hpp"

#include "format/names.hpp"
#include "repo/damage.hpp"
#include "repo/fences.hpp"
#include "repo/session_object.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace saoluu::repo {

using format::SessionId;
using format::names::Part;
using util::message;
using util::tr;

namespace {

struct Object {
    util::Bytes bytes;
    format::OpenedSessionObject opened;
};

Result<Object> read_object(const Access& access, const SessionId& session, Part part) {
    util::Bytes bytes =
        TRY(access.store->get(format::names::session(session, part), format::limits::kRecord));
    format::OpenedSessionObject opened = TRY(open_session_object(access, session, bytes));
    return Object{std::move(bytes), std::move(opened)};
}

/// What is listed under one session.
using Parts = std::set<Part>;

/// Decides what the sessions came to, one session after the other (FORMAT.md 10.2).
class Collector {
public:
    Collector(const Access& access, const Ledger& ledger, Events& events)
        : access_(access), ledger_(ledger), events_(events) {}

    Result<void> add(const SessionId& session, const Parts& parts) {
        const std::string name = format::names::session(session, Part::done);
        const std::vector<const LedgerItem*> commits = ledger_.commits_of(session);
        Result<Object> done = parts.contains(Part::done) ? read_object(access_, session, Part::done)
                                                         : Failure(Error(ErrorKind::not_found, ""));
        if (!done)
            done = Failure(as_damage(access_, done.error()));
        // A store that answers no more says nothing about what it holds.
        if (!done &&
            (done.error().kind() == ErrorKind::denied || done.error().kind() == ErrorKind::io))
            return Failure(done.error());

        const LedgerItem* commit = TRY(pick(session, seen_among(commits)));
        if (commit != nullptr) {
            if (!done || !util::equal(done->bytes, commit->entry.body))
                events_.finding({Severity::alarm, name,
                                 tr("this snapshot was finished, and its object is missing, "
                                    "damaged or another's; "
                                    "its ledger entry stands in for it")});
            return keep(*commit, parts);
        }
        if (!done && done.error().kind() == ErrorKind::not_found) {
            ++set_.unfinished;
            return {};
        }
        if (!done) {
            events_.finding({Severity::damage, name, done.error().message()});
            std::vector<const LedgerItem*> possible;
            for (const LedgerItem* one : commits)
                if (ledger_.outcome_of(*one) != Ledger::Outcome::abandoned)
                    possible.push_back(one);
            commit = TRY(pick(session, possible));
            return commit == nullptr ? Result<void>() : keep(*commit, parts);
        }
        return add_by_done(session, parts, *done, commits);
    }

    SnapshotSet take() { return std::move(set_); }

private:
    std::vector<const LedgerItem*> seen_among(const std::vector<const LedgerItem*>& commits) const {
        std::vector<const LedgerItem*> seen;
        for (const LedgerItem* commit : commits)
            if (ledger_.outcome_of(*commit) == Ledger::Outcome::seen)
                seen.push_back(commit);
        return seen;
    }

    Result<void> add_by_done(const SessionId& session, const Parts& parts, const Object& done,
                             const std::vector<const LedgerItem*>& commits) {
        const std::string name = format::names::session(session, Part::done);
        if (done.opened.kind == format::Kind::fence) {
            if (is_fence_that_counts(access_, ledger_, session, done.bytes))
                ++set_.fenced;
            else
                events_.finding({Severity::alarm, name,
                                 tr("a fence that no admin signed for this place: someone ended "
                                    "another's backup")});
            return {};
        }
        const format::ActorId& maker = done.opened.signer;
        if (!std::holds_alternative<format::Record>(done.opened.value) ||
            !is_signed(access_, session, done.opened, Power::write)) {
            events_.finding({Severity::alarm, name,
                             tr("not signed by anyone who may make snapshots; it does not count")});
            return {};
        }
        const LedgerItem* commit = TRY(pick(session, commits));
        if (commit != nullptr && util::equal(commit->entry.body, done.bytes) &&
            commit->actor == maker)
            return keep(*commit, parts);
        if (access_.roster().revocation(maker) != nullptr)
            return {}; // past the line up to which he counts
        events_.finding({Severity::alarm, name,
                         tr("no entry of its maker's ledger carries this snapshot, or the session "
                            "is another's; "
                            "it does not count")});
        // The session's own snapshot counts, whatever someone put in its place.
        return commit == nullptr ? Result<void>() : keep(*commit, parts);
    }

    /// The one commit that is meant: of several actors', that of the one who opened the session. Of
    /// one actor's, the one whose record opens.
    Result<const LedgerItem*> pick(const SessionId& session,
                                   const std::vector<const LedgerItem*>& commits) {
        std::vector<const LedgerItem*> good;
        std::set<format::ActorId> actors;
        for (const LedgerItem* commit : commits)
            if (record_in(access_, *commit)) {
                good.push_back(commit);
                actors.insert(commit->actor);
            }
        if (good.empty())
            return nullptr;
        if (actors.size() == 1)
            return good.front();
        const std::optional<format::ActorId> opener =
            TRY(signer_of(session, Part::open, Power::write));
        for (const LedgerItem* commit : good)
            if (opener == commit->actor) {
                events_.finding({Severity::alarm, format::names::session(session, Part::open),
                                 tr("someone else has a commit for this session in his ledger; it "
                                    "does not count")});
                return commit;
            }
        return nullptr;
    }

    Result<void> keep(const LedgerItem& commit, const Parts& parts) {
        const format::Record record = TRY(record_in(access_, commit));
        const SessionId& session = record.session;
        if (TRY(is_forgotten(session, parts))) {
            ++set_.forgotten;
            return {};
        }
        if (!access_.place.exclusive_create() && parts.contains(Part::fence) &&
            TRY(is_void(session, commit, parts)))
            return {};
        set_.snapshots.push_back({record, commit.actor});
        return {};
    }

    /// A `forgotten` of this place or of every place by an admin; or, because its name can be
    /// squatted, an admin's ledger entry that says so. What a revoked admin forgot stays so only
    /// where his ledger tells of it.
    Result<bool> is_forgotten(const SessionId& session, const Parts& parts) {
        if (ledger_.tells(access_, format::Act::forget, Power::administer, session))
            return true;
        if (!parts.contains(Part::forgotten))
            return false;
        const std::optional<Object> object =
            TRY(signed_object(session, Part::forgotten, Power::administer));
        if (!object)
            return false;
        const auto& forgotten = std::get<format::Forgotten>(object->opened.value);
        const bool is_meant = forgotten.place == access_.place.place || forgotten.place.is_zero();
        return is_meant && access_.roster().revocation(object->opened.signer) == nullptr;
    }

    /// Where a store has no exclusive create: a void ends only its own maker's snapshot, only
    /// beside an admin's fence, and never one that was seen finished. A stolen key could end old
    /// snapshots otherwise.
    Result<bool> is_void(const SessionId& session, const LedgerItem& commit, const Parts& parts) {
        const std::optional<Object> fence =
            TRY(signed_object(session, Part::fence, Power::administer));
        const bool is_fenced =
            (fence && is_fence_that_counts(access_, ledger_, session, fence->bytes)) ||
            ledger_.tells(access_, format::Act::sweep, Power::administer, session);
        if (!is_fenced || ledger_.outcome_of(commit) == Ledger::Outcome::seen)
            return false;
        const std::optional<Object> ended =
            parts.contains(Part::void_) ? TRY(signed_object(session, Part::void_, Power::write))
                                        : std::nullopt;
        if (ended && ended->opened.signer == commit.actor &&
            std::get<format::Void>(ended->opened.value).place == access_.place.place)
            return true;
        events_.finding(
            {Severity::warning, format::names::session(session, Part::fence),
             tr("fenced by a clean-up while it was being finished: check it with --read-data, its "
                "packs may be gone")});
        return false;
    }

    Result<std::optional<format::ActorId>> signer_of(const SessionId& session, Part part,
                                                     Power power) {
        const std::optional<Object> object = TRY(signed_object(session, part, power));
        if (!object)
            return std::optional<format::ActorId>();
        return std::optional(object->opened.signer);
    }

    /// The session's object of that part, if it is what its name says and signed by someone who
    /// may; else that is told.
    Result<std::optional<Object>> signed_object(const SessionId& session, Part part, Power power) {
        Result<Object> object = read_object(access_, session, part);
        if (object && object->opened.kind == kind_of(part) &&
            is_signed(access_, session, object->opened, power))
            return std::optional(std::move(*object));
        if (!object && object.error().kind() == ErrorKind::denied)
            return Failure(object.error());
        events_.finding({object ? Severity::alarm : Severity::damage,
                         format::names::session(session, part),
                         object ? tr("not signed by anyone who may; it is not obeyed")
                                : object.error().message()});
        return std::optional<Object>();
    }

    const Access& access_;
    const Ledger& ledger_;
    Events& events_;
    SnapshotSet set_;
};

/// By time; within one client the chain decides, whatever its clock said: a snapshot is never shown
/// before the one that its maker made before it.
void sort_for_people(std::vector<Snapshot>& snapshots) {
    std::ranges::sort(snapshots, [](const Snapshot& a, const Snapshot& b) {
        return std::tie(a.actor, a.record.sequence, a.record.session) <
               std::tie(b.actor, b.record.sequence, b.record.session);
    });
    std::map<SessionId, format::Time> shown_at;
    for (std::size_t i = 0; i < snapshots.size(); ++i) {
        format::Time at = snapshots[i].record.started;
        if (i > 0 && snapshots[i - 1].actor == snapshots[i].actor)
            at = std::max(at, shown_at[snapshots[i - 1].record.session]);
        shown_at[snapshots[i].record.session] = at;
    }
    std::ranges::stable_sort(snapshots, {},
                             [&](const Snapshot& s) { return shown_at[s.record.session]; });
}

} // namespace

Result<SnapshotSet> load_snapshots(const Access& access, const Ledger& ledger, Events& events) {
    std::map<SessionId, Parts> sessions;
    TRY(access.store->list(format::names::kSnapshots, "", [&](const store::ObjectInfo& info) {
        if (const auto name = format::names::parse_as<format::names::SessionName>(info.name))
            sessions[name->session].insert(name->part);
        return true;
    }));
    // Sessions that the listing shows nothing of, and the ledger does.
    for (const LedgerItem* commit : ledger.commits())
        sessions.try_emplace(*commit->entry.session);
    Collector collector(access, ledger, events);
    for (const auto& [session, parts] : sessions)
        TRY(collector.add(session, parts));
    SnapshotSet set = collector.take();
    sort_for_people(set.snapshots);
    return set;
}

namespace {
/// Keeps findings back until it is clear that they stand.
class HeldEvents final : public Events {
public:
    void finding(const Finding& finding) override { held.push_back(finding); }
    std::vector<Finding> held;
};
} // namespace

Result<History> load_history(const Access& access, Events& events) {
    // A commit that is put between two listings looks like an object without an entry, or the other
    // way round. So what looks wrong is looked at again before it is told: what is really wrong is
    // still so.
    constexpr int kLooks = 3;
    for (int look = 1;; ++look) {
        HeldEvents held;
        Ledger ledger = TRY(Ledger::load(access, held));
        SnapshotSet snapshots = TRY(load_snapshots(access, ledger, held));
        if (held.held.empty() || look == kLooks) {
            for (const Finding& finding : held.held)
                events.finding(finding);
            return History{std::move(ledger), std::move(snapshots)};
        }
    }
}

Result<const Snapshot*> SnapshotSet::resolve(std::string_view name, const Access& access) const {
    constexpr std::string_view kLatest = "latest";
    std::vector<const Snapshot*> matching;
    const bool has_job = name.starts_with(kLatest) && name.substr(kLatest.size()).starts_with(':');
    if (name == kLatest || has_job) {
        const std::string_view job = has_job ? name.substr(kLatest.size() + 1) : std::string_view();
        std::map<format::ActorId, const Snapshot*> newest;
        for (const Snapshot& snapshot : snapshots) {
            if (has_job && snapshot.record.job != job)
                continue;
            // An incomplete one is only taken where there is no whole one.
            const auto rank = [](const Snapshot& one) {
                return std::pair(!one.record.incomplete, one.record.sequence);
            };
            const Snapshot*& best = newest[snapshot.actor];
            if (best == nullptr || rank(*best) <= rank(snapshot))
                best = &snapshot;
        }
        if (newest.empty())
            return fail(
                ErrorKind::not_found,
                has_job ? message(tr("no snapshot of the job \"{}\" is in this repository"), job)
                        : std::string(tr("no snapshot is in this repository yet")));
        if (newest.size() > 1) {
            std::string clients;
            for (const auto& [actor, snapshot] : newest)
                clients +=
                    message(tr("\n  {} of {}, {}"), snapshot->record.session.hex().substr(0, 12),
                            util::printable(access.names_of(actor).holder),
                            util::utc_time(snapshot->record.started));
            return fail(
                ErrorKind::usage,
                message(tr("\"{}\" may be any of these; name one of them:{}"), name, clients));
        }
        return newest.begin()->second;
    }
    for (const Snapshot& snapshot : snapshots)
        if (!name.empty() && snapshot.record.session.hex().starts_with(name))
            matching.push_back(&snapshot);
    if (matching.empty())
        return fail(
            ErrorKind::not_found,
            message(tr("no snapshot {}: \"saoluu snapshots\" lists them"), util::printable(name)));
    if (matching.size() > 1)
        return fail(ErrorKind::usage, message(tr("{} snapshots begin with {}: give more of the id"),
                                              matching.size(), name));
    return matching.front();
}

} // namespace saoluu::repo
