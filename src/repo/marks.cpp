// SPDX-License-Identifier: Apache-2.0
#include "repo/marks.hpp"

#include "format/names.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::repo {

using util::message;
using util::tr;

namespace {

bool is_vouched_for(const Access& access, const Ledger& ledger, const format::MarkId& mark) {
    return ledger.tells(access, format::Act::mark, Power::mark_damage, mark);
}

/// The mark, if it counts at this place.
/// errors: refused, saying why it does not
Result<format::Mark> judge(const Access& access, const Ledger& ledger, const format::MarkId& id,
                           util::BytesView object) {
    const format::Header header = TRY(format::Header::decode(object, format::Kind::mark));
    const format::EpochKey* epoch = TRY(access.keyring.epoch(header.epoch));
    format::OpenedSessionObject opened =
        TRY(format::open_session_object(access.id(), *epoch, object, {}));
    auto* mark = std::get_if<format::Mark>(&opened.value);
    const Power needed = mark != nullptr && mark->purpose == format::MarkPurpose::damage
                             ? Power::mark_damage
                             : Power::administer;
    const format::ActorEntry* signer =
        mark == nullptr ? nullptr : access.rosters.authority(opened.roster, opened.signer, needed);
    if (signer == nullptr || !opened.is_signed_by(access.id(), {}, signer->sign))
        return fail(ErrorKind::refused,
                    tr("a mark that nobody who may has signed; it is not obeyed"));
    // What a revoked admin marked counts where his ledger tells of it.
    if (access.roster().revocation(opened.signer) != nullptr && !is_vouched_for(access, ledger, id))
        return fail(ErrorKind::refused, tr("a mark of a revoked key; it is not obeyed"));
    return std::move(*mark);
}

/// The roster that a mark was made under, if its outer form can be read at all.
bool is_under_unknown_roster(const Access& access, util::BytesView object) {
    const Result<format::Header> header = format::Header::decode(object, format::Kind::mark);
    if (!header)
        return false;
    const Result<const format::EpochKey*> epoch = access.keyring.epoch(header->epoch);
    if (!epoch)
        return true; // a newer epoch, perhaps
    const Result<format::OpenedSessionObject> opened =
        format::open_session_object(access.id(), **epoch, object, {});
    return opened && access.rosters.find(opened->roster) == nullptr;
}

} // namespace

Result<Marks> load_marks(Access& access, const Ledger& ledger, Events& events) {
    const Access::Look look = TRY(access.look({format::names::kMarks}));
    return load_marks(access, ledger, look.view, events);
}

Result<Marks> load_marks(Access& access, const Ledger& ledger, const StoreView& view,
                         Events& events) {
    Marks marks;
    bool is_fresh = false;
    for (const store::ObjectInfo& info : TRY(view.list_all(format::names::kMarks))) {
        const auto name = format::names::parse_as<format::names::MarkName>(info.name);
        if (!name)
            continue;
        const Result<util::Bytes> object =
            view.get(info.name, crypto::Hash::from(name->mark.view()), format::limits::kMark);
        if (!object || format::name_of<format::MarkId>(*object) != name->mark) {
            if (!object && object.error().kind() != ErrorKind::corrupt)
                return Failure(object.error());
            if (is_vouched_for(access, ledger, name->mark))
                return fail(
                    ErrorKind::corrupt,
                    message(tr("{}: this mark is damaged, so which packs are condemned is not "
                               "known; copy it back from another copy of the repository"),
                            info.name));
            events.finding({Severity::alarm, info.name,
                            tr("not a mark, and no ledger tells of one; it is not obeyed")});
            continue;
        }
        if (!is_fresh && is_under_unknown_roster(access, *object)) {
            Events silent;
            TRY(refresh(access, silent));
            is_fresh = true;
        }
        Result<format::Mark> mark = judge(access, ledger, name->mark, *object);
        if (!mark) {
            events.finding({Severity::alarm, info.name, mark.error().message()});
            continue;
        }
        if (mark->place != access.place.place && !mark->place.is_zero())
            continue; // of another copy of the repository
        marks.obeyed.push_back(name->mark);
        marks.packs.insert(mark->packs.begin(), mark->packs.end());
    }
    std::ranges::sort(marks.obeyed);
    return marks;
}

} // namespace saoluu::repo
