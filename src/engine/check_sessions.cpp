// SPDX-License-Identifier: Apache-2.0
#include "engine/check_run.hpp"
#include "engine/damage.hpp"

#include "format/names.hpp"
#include "repo/marks.hpp"
#include "repo/session_object.hpp"
#include "util/text.hpp"

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

Result<void> check_marks(repo::Access& access, const repo::Ledger& ledger, CheckEvents& events,
                         PackFindings& packs) {
    Result<repo::Marks> marks = repo::load_marks(access, ledger, events);
    if (marks) {
        packs.marked = std::move(marks->packs);
        return {};
    }
    const Error error = as_damage(access, marks.error());
    if (error.kind() != ErrorKind::corrupt)
        return Failure(error);
    events.damage(DamageKind::marks, std::string(format::names::kMarks), error.message());
    return {};
}

} // namespace saoluu::engine
