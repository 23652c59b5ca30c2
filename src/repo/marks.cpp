// SPDX-License-Identifier: Apache-2.0
#include "repo/marks.hpp"

#include "format/names.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace saoluu::repo {

using util::message;
using util::tr;

Result<Marks> load_marks(const Access& access, Events& events) {
    Marks marks;
    for (const store::ObjectInfo& info :
         TRY(store::list_all(*access.store, format::names::kMarks))) {
        const auto name = format::names::parse_as<format::names::MarkName>(info.name);
        if (!name)
            continue;
        marks.listed.push_back(name->mark);
        const util::Bytes object = TRY(access.store->get(info.name, format::limits::kMark));
        if (format::name_of<format::MarkId>(object) != name->mark)
            return fail(ErrorKind::corrupt, message(tr("{}: this mark is damaged, so which packs "
                                                       "are condemned is not known; copy it "
                                                       "back from another copy of the repository"),
                                                    info.name));
        const auto opened = [&]() -> Result<format::OpenedSessionObject> {
            const format::Header header = TRY(format::Header::decode(object, format::Kind::mark));
            const format::EpochKey* epoch = TRY(access.keyring.epoch(header.epoch));
            return format::open_session_object(access.id(), *epoch, object, {});
        }();
        const auto* mark = opened ? std::get_if<format::Mark>(&opened->value) : nullptr;
        const Power needed = mark != nullptr && mark->purpose == format::MarkPurpose::damage
                                 ? Power::mark_damage
                                 : Power::administer;
        const format::ActorEntry* signer =
            mark == nullptr ? nullptr
                            : access.rosters.authority(opened->roster, opened->signer, needed);
        if (signer == nullptr || !opened->is_signed_by(access.id(), {}, signer->sign)) {
            events.finding({Severity::alarm, info.name,
                            tr("a mark that nobody who may has signed; it is not obeyed")});
            continue;
        }
        marks.packs.insert(mark->packs.begin(), mark->packs.end());
    }
    std::ranges::sort(marks.listed);
    return marks;
}

} // namespace saoluu::repo
