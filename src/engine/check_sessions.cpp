// SPDX-License-Identifier: Apache-2.0
#include "engine/check_run.hpp"
#include "repo/damage.hpp"

#include "format/ledger_entry.hpp"
#include "format/names.hpp"
#include "repo/marks.hpp"
#include "repo/session_object.hpp"
#include "util/text.hpp"

#include <set>
#include <string>

namespace saoluu::engine {

using format::names::Part;
using util::message;
using util::tr;

void check_session_object(const repo::Access& access, const format::names::SessionName& name,
                          util::BytesView object, CheckEvents& events) {
    if (name.part == Part::done)
        return;
    const repo::Power needed = name.part == Part::open || name.part == Part::void_
                                   ? repo::Power::write
                                   : repo::Power::administer;
    const Result<format::OpenedSessionObject> opened =
        repo::open_session_object(access, name.session, object);
    if (opened && opened->kind == repo::kind_of(name.part) &&
        repo::is_signed(access, name.session, *opened, needed))
        return;
    // Its self-check held, so that it is not what a disk does: someone put it there.
    events.finding(
        {Severity::alarm, format::names::session(name.session, name.part),
         opened ? tr("not what its name says, or not signed by anyone who may")
                : message(tr("it does not belong to this session: {}"), opened.error().message())});
}

namespace {

/// Marks are never removed, and whoever puts one tells the ledger before: one that is told of and
/// not there was taken away, or its maker was cut short in between.
void tell_missing_marks(const repo::Access& access, const repo::Ledger& ledger,
                        CheckEvents& events) {
    std::set<format::MarkId> told;
    for (const repo::LedgerItem& item : ledger.items()) {
        if (item.entry.act != static_cast<std::uint64_t>(format::Act::mark) ||
            item.entry.place != access.place.place)
            continue;
        const Result<format::ActFacts> facts = format::decode_facts(item.entry.body);
        if (facts && facts->mark &&
            ledger.tells(access, format::Act::mark, repo::Power::mark_damage, *facts->mark))
            told.insert(*facts->mark);
    }
    for (const format::MarkId& mark : told) {
        const std::string name = format::names::mark(mark);
        const Result<store::ObjectInfo> there = access.store->stat(name);
        if (there || there.error().kind() != ErrorKind::not_found)
            continue; // what is wrong with it is told where it is read
        events.finding({Severity::warning, name,
                        tr("the ledger tells of this mark, and it is not there: which packs it "
                           "condemns is not known, so backups may go on using them")});
    }
}

} // namespace

Result<void> check_marks(repo::Access& access, const repo::Ledger& ledger, CheckEvents& events,
                         PackFindings& packs) {
    tell_missing_marks(access, ledger, events);
    Result<repo::Marks> marks = repo::load_marks(access, ledger, events);
    if (marks) {
        packs.marked = std::move(marks->packs);
        packs.elsewhere = std::move(marks->elsewhere);
        return {};
    }
    const Error error = repo::as_damage(access, marks.error());
    if (error.kind() != ErrorKind::corrupt)
        return Failure(error);
    events.damage(DamageKind::marks, std::string(format::names::kMarks), error.message());
    return {};
}

} // namespace saoluu::engine
