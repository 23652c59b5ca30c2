// SPDX-License-Identifier: Apache-2.0
#include "repo/session_object.hpp"

namespace saoluu::repo {

using format::SessionId;
using format::names::Part;

Result<format::OpenedSessionObject>
open_session_object(const Access& access, const SessionId& session, util::BytesView object) {
    const format::Header header = TRY(format::Header::decode(object));
    const format::EpochKey* epoch = TRY(access.keyring.epoch(header.epoch));
    return format::open_session_object(access.id(), *epoch, object, session.view());
}

bool is_signed(const Access& access, const SessionId& session,
               const format::OpenedSessionObject& object, Power power) {
    const format::ActorEntry* signer =
        access.rosters.authority(object.roster, object.signer, power);
    return signer != nullptr && object.is_signed_by(access.id(), session.view(), signer->sign);
}

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

} // namespace saoluu::repo
