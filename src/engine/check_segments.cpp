// SPDX-License-Identifier: Apache-2.0
#include "engine/check_run.hpp"
#include "engine/damage.hpp"

#include "format/index_segment.hpp"
#include "format/names.hpp"
#include "util/text.hpp"

#include <utility>

namespace saoluu::engine {

using format::SegmentId;
using util::message;
using util::tr;

namespace {

Result<format::OpenedSegment> read_segment(const repo::Access& access, const SegmentId& segment) {
    const util::Bytes object =
        TRY(access.store->get(format::names::index(segment), format::limits::kSegment));
    const format::Header header = TRY(format::Header::decode(object, format::Kind::index_segment));
    const format::EpochKey* epoch = TRY(access.keyring.epoch(header.epoch));
    return format::open_segment(access.id(), *epoch, object);
}

/// Segments that listed ones replace, whose signer may. Only read where something is missing.
Result<std::set<SegmentId>> replaced_segments(const repo::Access& access,
                                              const std::set<SegmentId>& listed) {
    std::set<SegmentId> replaced;
    for (const SegmentId& segment : listed) {
        const Result<format::OpenedSegment> read = read_segment(access, segment);
        if (!read) { // what is wrong with it is told where it was read first
            if (as_damage(access, read.error()).kind() == ErrorKind::io)
                return Failure(read.error());
            continue;
        }
        const format::OpenedSegment& opened = *read;
        const format::ActorEntry* signer = access.rosters.authority(
            opened.segment.roster, opened.segment.signer, repo::Power::administer);
        if (signer != nullptr && opened.is_signed_by(access.id(), signer->sign))
            replaced.insert(opened.segment.replaces.begin(), opened.segment.replaces.end());
    }
    return replaced;
}

} // namespace

Result<void> check_segments(const repo::Access& access, const repo::Index& index,
                            const repo::SnapshotSet& snapshots, CheckEvents& events) {
    const std::vector<SegmentId> known = index.segments();
    const std::set<SegmentId> listed(known.begin(), known.end());
    std::map<SegmentId, const repo::Snapshot*> missing;
    for (const repo::Snapshot& snapshot : snapshots.snapshots)
        for (const SegmentId& segment : snapshot.record.segments)
            if (!listed.contains(segment))
                missing.emplace(segment, &snapshot);
    if (missing.empty())
        return {};
    const std::set<SegmentId> replaced = TRY(replaced_segments(access, listed));
    for (const auto& [segment, snapshot] : missing) {
        if (replaced.contains(segment))
            continue;
        events.finding(
            {Severity::damage, format::names::index(segment),
             message(
                 tr("missing or damaged: snapshot {} of {} needs it to find its data, and later "
                    "ones may; its "
                    "packs may be gone as well. Copy it back from another copy of the repository"),
                 snapshot->record.session.hex().substr(0, 12),
                 util::utc_time(snapshot->record.started))});
    }
    return {};
}

} // namespace saoluu::engine
