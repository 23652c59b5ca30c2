// SPDX-License-Identifier: Apache-2.0
#include "engine/check_segments.hpp"

#include "repo/damage.hpp"

#include "format/names.hpp"
#include "repo/segment_reader.hpp"
#include "util/text.hpp"

#include <utility>

namespace saoluu::engine {

using format::SegmentId;
using util::message;
using util::tr;

namespace {

/// Keeps what is told of index segments, and passes the rest on.
class IndexFindings final : public Events {
public:
    IndexFindings(Events& to, BadSegments& bad) : to_(to), bad_(bad) {}
    void finding(const Finding& finding) override {
        if (const auto name = format::names::parse_as<format::names::IndexName>(finding.subject))
            bad_.insert_or_assign(name->segment, finding);
        else
            to_.finding(finding);
    }

private:
    Events& to_;
    BadSegments& bad_;
};

/// Segments that listed ones replace, whose signer may.
Result<std::set<SegmentId>> replaced_by(const repo::Access& access,
                                        const std::vector<SegmentId>& listed) {
    std::set<SegmentId> replaced;
    for (const SegmentId& id : listed) {
        const Result<format::IndexSegment> segment = repo::read_segment(access, id);
        if (!segment) { // what is wrong with it is told where it was read first
            if (repo::as_damage(access, segment.error()).kind() == ErrorKind::io)
                return Failure(segment.error());
            continue;
        }
        if (repo::may_replace(access, *segment))
            replaced.insert(segment->replaces.begin(), segment->replaces.end());
    }
    return replaced;
}

} // namespace

Result<repo::Index> load_index(const repo::Access& access, Events& events,
                               BadSegments& bad_segments, repo::Index::Cache cache) {
    IndexFindings findings(events, bad_segments);
    return repo::Index::load(access, findings, cache);
}

Result<Unreplaced> find_unreplaced(const repo::Access& access, const repo::Index& index,
                                   const repo::SnapshotSet& snapshots,
                                   const BadSegments& bad_segments) {
    const std::vector<SegmentId> known = index.segments();
    const std::set<SegmentId> listed(known.begin(), known.end());
    Unreplaced found;
    for (const repo::Snapshot& snapshot : snapshots.snapshots)
        for (const SegmentId& segment : snapshot.record.segments)
            if (!listed.contains(segment) && !bad_segments.contains(segment))
                found.missing.emplace(segment, &snapshot);
    found.bad = bad_segments;
    // Only where something is missing are the others read for what they replace.
    if (found.missing.empty() && found.bad.empty())
        return found;
    for (const SegmentId& segment : TRY(replaced_by(access, known))) {
        found.missing.erase(segment);
        if (found.bad.erase(segment) > 0)
            found.replaced.insert(segment);
    }
    return found;
}

Result<void> check_segments(const repo::Access& access, const repo::Index& index,
                            const repo::SnapshotSet& snapshots, const BadSegments& bad_segments,
                            CheckEvents& events, PackFindings& packs) {
    const Unreplaced found = TRY(find_unreplaced(access, index, snapshots, bad_segments));
    for (const SegmentId& segment : found.replaced)
        events.finding({Severity::notice, format::names::index(segment),
                        tr("damaged, and others stand in for it: an admin may delete it")});
    std::map<SegmentId, const repo::Snapshot*> named_by;
    for (const repo::Snapshot& snapshot : snapshots.snapshots)
        for (const SegmentId& segment : snapshot.record.segments)
            named_by.emplace(segment, &snapshot);
    const auto concern = [&](const SegmentId& segment) {
        const auto named = named_by.find(segment);
        packs.concerns.push_back(named == named_by.end()
                                     ? Concern{}
                                     : Concern{.session = named->second->record.session,
                                               .domain = named->second->record.domain});
    };
    for (const auto& [segment, fault] : found.bad) {
        events.finding(fault);
        concern(segment);
    }
    for (const auto& [segment, snapshot] : found.missing) {
        events.finding(
            {Severity::damage, format::names::index(segment),
             message(tr("missing: snapshot {} of {} needs it to find its data, and later ones may; "
                        "its packs may be gone as well"),
                     snapshot->record.session.hex().substr(0, 12),
                     util::utc_time(snapshot->record.started))});
        concern(segment);
    }
    return {};
}

} // namespace saoluu::engine
