// SPDX-License-Identifier: Apache-2.0
#include "repo/snapshot_set.hpp"

#include "format/names.hpp"
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
    const format::Header header = TRY(format::Header::decode(bytes));
    const format::EpochKey* epoch = TRY(access.keyring.epoch(header.epoch));
    format::OpenedSessionObject opened =
        TRY(format::open_session_object(access.id(), *epoch, bytes, session.view()));
    return Object{std::move(bytes), std::move(opened)};
}

bool is_signed(const Access& access, const SessionId& session,
               const format::OpenedSessionObject& object, Power power) {
    const format::ActorEntry* signer =
        access.rosters.authority(object.roster, object.signer, power);
    return signer != nullptr && object.is_signed_by(access.id(), session.view(), signer->sign);
}

/// What must lie under that name: a copy of another object of the session, signed by the very same
/// people, says nothing there.
format::Kind kind_of(Part part) {
    switch (part) {
    case Part::open:
        return format::Kind::open;
    case Part::done:
        return format::Kind::record;
    case Part::forgotten:
        return format::Kind::forgotten;
    case Part::fence:
        return format::Kind::fence;
    case Part::void_:
        break;
    }
    return format::Kind::void_;
}

/// What is listed under one session.
using Parts = std::set<Part>;

/// Collects what the sessions came to, one session after the other.
class Collector {
public:
    Collector(const Access& access, const Ledger& ledger, Events& events)
        : access_(access), ledger_(ledger), events_(events) {}

    Result<void> add(const SessionId& session, const Parts& parts) {
        if (!parts.contains(Part::done)) {
            if (!TRY(stand_in(session, parts, Loss::missing)))
                ++set_.unfinished;
            return {};
        }
        const std::string name = format::names::session(session, Part::done);
        Result<Object> done = read_object(access_, session, Part::done);
        if (!done) {
            if (done.error().kind() == ErrorKind::io)
                return Failure(done.error());
            events_.finding({Severity::damage, name, done.error().message()});
            TRY(stand_in(session, parts, Loss::damaged));
            return {};
        }
        if (std::holds_alternative<format::Fence>(done->opened.value)) {
            if (is_signed(access_, session, done->opened, Power::administer))
                ++set_.fenced;
            else
                events_.finding(
                    {Severity::alarm, name,
                     tr("a fence that no admin signed: someone ended another's backup")});
            return {};
        }
        const auto* record = std::get_if<format::Record>(&done->opened.value);
        if (record == nullptr || !is_signed(access_, session, done->opened, Power::write)) {
            events_.finding({Severity::alarm, name,
                             tr("not signed by anyone who may make snapshots; it does not count")});
            return {};
        }
        const LedgerItem* commit = ledger_.commit_of(done->opened.signer, session, done->bytes);
        if (commit == nullptr) {
            events_.finding(
                {Severity::alarm, name,
                 tr("no entry of its maker's ledger carries this snapshot; it does not count")});
            return {};
        }
        return keep(*record, *commit, parts);
    }

    /// Sessions of which the ledger knows and the listing shows nothing at all.
    Result<void> add_vanished(const std::set<SessionId>& listed) {
        for (const LedgerItem* commit : ledger_.commits())
            if (!listed.contains(*commit->entry.session))
                TRY(stand_in(*commit->entry.session, {}, Loss::missing));
        return {};
    }

    SnapshotSet take() { return std::move(set_); }

private:
    enum class Loss { missing, damaged };

    /// The ledger's copy of a record whose `done` is lost. A missing one counts only if a later
    /// entry saw it: a run that was cut short leaves a commit without `done` too. A damaged one was
    /// there, and counts unless it was abandoned.
    Result<bool> stand_in(const SessionId& session, const Parts& parts, Loss loss) {
        for (const LedgerItem* commit : ledger_.commits_of(session)) {
            const Ledger::Outcome outcome = ledger_.outcome_of(*commit);
            const bool was_there = outcome == Ledger::Outcome::seen ||
                                   (loss == Loss::damaged && outcome == Ledger::Outcome::none);
            if (!was_there || !added_.insert(session).second)
                continue;
            const Result<format::Record> record = record_in(*commit);
            if (!record)
                continue;
            if (loss == Loss::missing)
                events_.finding(
                    {Severity::alarm, format::names::session(session, Part::done),
                     tr("this snapshot was finished, and its object is missing; its ledger entry "
                        "stands in for it")});
            TRY(keep(*record, *commit, parts));
            return true;
        }
        return false;
    }

    Result<format::Record> record_in(const LedgerItem& commit) const {
        const SessionId& session = *commit.entry.session;
        const format::Header header =
            TRY(format::Header::decode(commit.entry.body, format::Kind::record));
        const format::EpochKey* epoch = TRY(access_.keyring.epoch(header.epoch));
        const format::OpenedSessionObject opened = TRY(
            format::open_session_object(access_.id(), *epoch, commit.entry.body, session.view()));
        const auto* record = std::get_if<format::Record>(&opened.value);
        if (record == nullptr || opened.signer != commit.actor ||
            !is_signed(access_, session, opened, Power::write))
            return fail(ErrorKind::corrupt, tr("a ledger entry carries no record of its actor"));
        return *record;
    }

    Result<void> keep(const format::Record& record, const LedgerItem& commit, const Parts& parts) {
        const SessionId& session = record.session;
        added_.insert(session);
        if (parts.contains(Part::forgotten) && TRY(is_forgotten(session))) {
            ++set_.forgotten;
            return {};
        }
        if (parts.contains(Part::void_) && parts.contains(Part::fence) &&
            !access_.place.exclusive_create() && TRY(is_void(session, commit)))
            return {};
        const format::ActorEntry* maker = access_.rosters.anyone(commit.actor);
        if (maker == nullptr || maker->domain != record.domain) {
            events_.finding({Severity::alarm, format::names::session(session, Part::done),
                             tr("a snapshot in another's dedup domain; it does not count")});
            return {};
        }
        set_.snapshots.push_back({record, commit.actor});
        return {};
    }

    /// What a revoked admin forgot stays forgotten only where his ledger, up to his revocation,
    /// tells of it.
    Result<bool> is_forgotten(const SessionId& session) {
        const std::optional<format::ActorId> by =
            TRY(signer_of(session, Part::forgotten, Power::administer));
        if (!by)
            return false;
        return access_.roster().revocation(*by) == nullptr ||
               ledger_.tells_of_forgetting(*by, session);
    }

    /// A void ends only its own maker's snapshot, only beside an admin's fence, and never one that
    /// was seen finished: a stolen key could end old snapshots otherwise.
    Result<bool> is_void(const SessionId& session, const LedgerItem& commit) {
        if (ledger_.outcome_of(commit) == Ledger::Outcome::seen)
            return false;
        if (!TRY(signer_of(session, Part::fence, Power::administer)))
            return false;
        return TRY(signer_of(session, Part::void_, Power::write)) == commit.actor;
    }

    /// Who signed the session's object of that part; nothing if it is damaged or he may not, which
    /// is told.
    Result<std::optional<format::ActorId>> signer_of(const SessionId& session, Part part,
                                                     Power power) {
        const Result<Object> object = read_object(access_, session, part);
        if (object && object->opened.kind == kind_of(part) &&
            is_signed(access_, session, object->opened, power))
            return std::optional(object->opened.signer);
        if (!object && object.error().kind() == ErrorKind::io)
            return Failure(object.error());
        events_.finding({object ? Severity::alarm : Severity::damage,
                         format::names::session(session, part),
                         object ? tr("not signed by anyone who may; it is not obeyed")
                                : object.error().message()});
        return std::optional<format::ActorId>();
    }

    const Access& access_;
    const Ledger& ledger_;
    Events& events_;
    SnapshotSet set_;
    std::set<SessionId> added_;
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
    std::map<SessionId, std::set<Part>> sessions;
    TRY(access.store->list(format::names::kSnapshots, "", [&](const store::ObjectInfo& info) {
        if (const auto name = format::names::parse_as<format::names::SessionName>(info.name))
            sessions[name->session].insert(name->part);
        return true;
    }));
    Collector collector(access, ledger, events);
    std::set<SessionId> listed;
    for (const auto& [session, parts] : sessions) {
        TRY(collector.add(session, parts));
        listed.insert(session);
    }
    TRY(collector.add_vanished(listed));
    SnapshotSet set = collector.take();
    sort_for_people(set.snapshots);
    return set;
}

Result<const Snapshot*> SnapshotSet::resolve(std::string_view name, const Access& access) const {
    constexpr std::string_view kLatest = "latest";
    std::vector<const Snapshot*> matching;
    if (name.starts_with(kLatest)) {
        const bool has_job = name.size() > kLatest.size() && name[kLatest.size()] == ':';
        const std::string_view job = has_job ? name.substr(kLatest.size() + 1) : std::string_view();
        std::map<format::ActorId, const Snapshot*> newest;
        for (const Snapshot& snapshot : snapshots) {
            if (has_job && snapshot.record.job != job)
                continue;
            const Snapshot*& best = newest[snapshot.actor];
            if (best == nullptr || best->record.sequence < snapshot.record.sequence)
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
