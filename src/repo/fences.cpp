// SPDX-License-Identifier: Apache-2.0
#include "repo/fences.hpp"

namespace saoluu::repo {

bool is_fence_that_counts(const Access& access, const Ledger& ledger,
                          const format::SessionId& session, util::BytesView object) {
    const Result<format::Header> header = format::Header::decode(object, format::Kind::fence);
    const Result<const format::EpochKey*> epoch =
        header ? access.keyring.epoch(header->epoch) : Failure(header.error());
    if (!epoch)
        return false;
    const Result<format::OpenedSessionObject> opened =
        format::open_session_object(access.id(), **epoch, object, session.view());
    const auto* fence = opened ? std::get_if<format::Fence>(&opened->value) : nullptr;
    if (fence == nullptr || fence->place != access.place.place)
        return false;
    const format::ActorEntry* admin =
        access.rosters.authority(opened->roster, opened->signer, Power::administer);
    return admin != nullptr && opened->is_signed_by(access.id(), session.view(), admin->sign) &&
           (access.roster().revocation(opened->signer) == nullptr ||
            ledger.tells(access, format::Act::sweep, Power::administer, session));
}

} // namespace saoluu::repo
