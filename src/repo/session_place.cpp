// SPDX-License-Identifier: Apache-2.0
#include "repo/session_place.hpp"

#include "format/names.hpp"
#include "repo/acknowledged.hpp"
#include "repo/fences.hpp"
#include "repo/marks.hpp"
#include "repo/usable_packs.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

namespace saoluu::repo {

using format::SessionId;
using format::names::Part;
using util::message;
using util::tr;

namespace {

/// Tries a put again while it may help: the same bytes under the same name, so that nothing can
/// come in double.
Result<store::Put> put_patiently(store::Store& store, const std::string& name,
                                 util::BytesView object) {
    const int tries = store.nature().is_remote ? 1 : 3; // a remote one is patient itself
    for (int i = 1;; ++i) {
        Result<store::Put> put = store.put(name, object);
        if (put || i == tries || !put.error().may_retry())
            return put;
    }
}

} // namespace

Result<SessionPlace> SessionPlace::open(Access& access, const SessionId& session,
                                        format::Time started, const Access::Look& before,
                                        Events& events) {
    // 1, 2: whoever marks a pack either sees this session open, or his mark is seen here. `open`
    // names only the marks that are obeyed: a sweep need not wait for a session that names its
    // mark.
    const Ledger ledger = TRY(Ledger::load(access, before, events));
    Marks marks = TRY(load_marks(access, ledger, before.view, events));
    const format::OpenObject open{
        .marks = marks.obeyed, .started = started, .place = access.place.place};
    const std::string open_name = format::names::session(session, Part::open);
    const util::Bytes open_object =
        format::seal_session_object(TRY(access.authorship()), open, session.view());
    if (TRY(put_patiently(*access.store, open_name, open_object)) == store::Put::exists &&
        !util::equal(TRY(access.store->get(open_name, format::limits::kOpen)), open_object))
        return fail(ErrorKind::failure,
                    tr("a new session's name exists already: the random generator of this computer "
                       "is broken"));
    // Marks, index and packs as they are after `open` was acknowledged.
    std::optional<Access::Look> after;
    Index index =
        TRY(Index::load(access, events, Index::Cache::used, [&]() -> Result<const StoreView*> {
            after = TRY(
                access.look({format::names::kIndex, format::names::kMarks, format::names::kPacks}));
            return &after->view;
        }));
    const Marks again = TRY(load_marks(access, ledger, after->view, events));
    marks.packs.insert(again.packs.begin(), again.packs.end());

    // 3. From here on the keyring stays as it is until the commit: what follows borrows from it.
    UsablePacks usable = TRY(UsablePacks::find(access, std::move(marks.packs), after->view));
    index.choose_usable(std::ref(usable));
    return SessionPlace(access, session, std::move(index), EarlierRecords::of(access, ledger));
}

std::vector<format::SegmentId> SessionPlace::unnamed_segments() const {
    std::vector<format::SegmentId> unnamed;
    for (const format::SegmentId& segment : index_.segments())
        if (!earlier_.segments.contains(segment))
            unnamed.push_back(segment);
    std::ranges::sort(unnamed);
    return unnamed;
}

Result<SessionPlace::Outcome> SessionPlace::commit(LedgerAppender& ledger, util::BytesView done,
                                                   Events& events) const {
    const format::EntryHash entry =
        TRY(ledger.append(format::Act::commit, util::copy_of(done), session_)); // 5
    const Outcome outcome = TRY(put_done(done, events));                        // 6
    if (outcome == Outcome::committed)
        if (const Result<void> kept = acknowledge(*access_, entry); !kept)
            events.finding({Severity::notice, "",
                            message(tr("that the store has this snapshot could not be noted: {}"),
                                    kept.error().message())});
    return outcome;
}

/// Where a store has no exclusive create: whether an admin fenced this session. Rubbish under that
/// name is no fence, unless an admin's ledger says that he could not put his.
Result<bool> SessionPlace::is_fenced(Events& events) const {
    const std::string name = format::names::session(session_, Part::fence);
    const Result<util::Bytes> object = access_->store->get(name, format::limits::kSmall);
    if (!object && object.error().kind() == ErrorKind::not_found)
        return false;
    if (!object && object.error().kind() != ErrorKind::corrupt)
        return Failure(object.error());
    Events silent;
    const Ledger ledger = TRY(Ledger::load(*access_, silent));
    if (object && is_fence_that_counts(*access_, ledger, session_, *object))
        return true;
    events.finding(
        {Severity::alarm, name, tr("not a fence that an admin signed; it is not obeyed")});
    return ledger.tells(*access_, format::Act::sweep, Power::administer, session_);
}

/// Only an admin's fence may end a session; anything else in the place of `done` is someone's
/// attempt to stop backups.
Result<void> SessionPlace::report_stranger(util::BytesView done, Events& events) const {
    Events silent;
    const Ledger ledger = TRY(Ledger::load(*access_, silent));
    if (!is_fence_that_counts(*access_, ledger, session_, done))
        events.finding({Severity::alarm, format::names::session(session_, Part::done),
                        tr("someone who is no admin ended this backup's session")});
    return {};
}

Result<SessionPlace::Outcome> SessionPlace::put_done(util::BytesView done, Events& events) const {
    const std::string name = format::names::session(session_, Part::done);
    if (TRY(put_patiently(*access_->store, name, done)) == store::Put::exists) {
        // Own bytes: an earlier try had come through. Anything else: a sweep fenced this session.
        const util::Bytes there = TRY(access_->store->get(name, format::limits::kRecord));
        if (!util::equal(there, done)) {
            TRY(report_stranger(there, events));
            return Outcome::fenced;
        }
    }
    if (access_->place.exclusive_create())
        return Outcome::committed;
    if (!TRY(is_fenced(events)))
        return Outcome::committed;
    const format::Void ended{
        .session = session_, .time = access_->clock->now(), .place = access_->place.place};
    TRY(put_patiently(
        *access_->store, format::names::session(session_, Part::void_),
        format::seal_session_object(TRY(access_->authorship()), ended, session_.view())));
    return Outcome::fenced;
}

} // namespace saoluu::repo
