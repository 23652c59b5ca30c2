// SPDX-License-Identifier: Apache-2.0
#include "repo/segment_reader.hpp"

#include "format/names.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::repo {

using format::SegmentId;
using util::tr;

Result<format::IndexSegment> read_segment(const Access& access, const SegmentId& id) {
    const util::Bytes object =
        TRY(access.store->get(format::names::index(id), format::limits::kSegment));
    if (format::name_of<SegmentId>(object) != id)
        return fail(ErrorKind::corrupt, tr("damaged: its bytes do not have the hash in its name"));
    const format::Header header = TRY(format::Header::decode(object, format::Kind::index_segment));
    const format::EpochKey* epoch = TRY(access.keyring.epoch(header.epoch));
    format::OpenedSegment opened = TRY(format::open_segment(access.id(), *epoch, object));
    const format::ActorEntry* signer =
        access.rosters.authority(opened.segment.roster, opened.segment.signer, Power::write);
    const bool signed_ = signer != nullptr && opened.is_signed_by(access.id(), signer->sign);
    const bool only_own =
        opened.segment.replaces.empty() &&
        std::ranges::all_of(opened.segment.packs, [&](const format::IndexedPack& pack) {
            return pack.actor == opened.segment.signer;
        });
    if (!signed_ || !(only_own || signer->may_administer()))
        return fail(ErrorKind::denied, tr("not signed by anyone who may; it is not obeyed"));
    return std::move(opened.segment);
}

bool may_replace(const Access& access, const format::IndexSegment& segment) {
    return access.rosters.authority(segment.roster, segment.signer, Power::administer) != nullptr;
}

Result<std::set<SegmentId>> list_segments(const StoreView& view) {
    std::set<SegmentId> listed;
    TRY(view.list(format::names::kIndex, [&](const store::ObjectInfo& info) {
        if (const auto name = format::names::parse_as<format::names::IndexName>(info.name))
            listed.insert(name->segment);
        return true;
    }));
    return listed;
}

} // namespace saoluu::repo
