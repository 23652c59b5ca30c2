// SPDX-License-Identifier: Apache-2.0
#include "saoluu/repair.hpp"

#include "engine/check_segments.hpp"
#include "engine/repair_packs.hpp"
#include "format/names.hpp"
#include "repo/damage.hpp"
#include "repo/marks.hpp"
#include "repo/segment_reader.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

namespace saoluu {
namespace engine {
namespace {

using format::SegmentId;
using util::message;
using util::tr;

Result<void> may_repair(const repo::Access& access) {
    if (access.self().is(format::Role::restore))
        return fail(ErrorKind::wrong_key,
                    tr("repairing the index needs an admin's key, or the backup key that stored "
                       "what is missing; a restore key may not sign an index"));
    return access.may_write();
}

Result<void> list_packs(IndexRepair& repair) {
    TRY(repair.access.store->list(format::names::kPacks, "", [&](const store::ObjectInfo& info) {
        const auto name = format::names::parse_as<format::names::PackName>(info.name);
        if (name && name->copy == 0)
            repair.listed.emplace(name->pack, info.size);
        return !repair.crew.is_stopping();
    }));
    repair.report.packs = repair.listed.size();
    return {};
}

/// Packs that the index names and that are gone are told: no directory brings them back.
Result<void> tell_missing(IndexRepair& repair, const repo::Index& index,
                          const repo::Ledger& ledger) {
    Events silent; // check tells of bad marks
    const Result<repo::Marks> marks = repo::load_marks(repair.access, ledger, silent);
    std::set<format::PackId> told;
    Result<void> outcome;
    index.for_each_pack([&](const repo::PackRow& row) {
        if (repair.listed.contains(row.pack) || (marks && marks->packs.contains(row.pack)) ||
            !told.insert(row.pack).second)
            return;
        const std::string name = format::names::pack(row.pack);
        const Result<store::ObjectInfo> now = repair.access.store->stat(name);
        if (now || now.error().kind() != ErrorKind::not_found) {
            if (!now && repo::as_damage(repair.access, now.error()).kind() == ErrorKind::io)
                outcome = Failure(now.error());
            return;
        }
        ++repair.report.missing_packs;
        repair.events.finding({Severity::damage, name,
                               tr("missing: the index names this pack. Copy it back from another "
                                  "copy of the repository")});
    });
    return outcome;
}

/// The segment without what it says wrongly of packs whose directories are known; nothing if all in
/// it is right.
std::optional<format::IndexSegment> corrected(const IndexRepair& repair, const SegmentId& id,
                                              format::IndexSegment segment) {
    const auto is_wrong = [&](const format::IndexEntry& entry) {
        const format::IndexedPack& pack = segment.packs[entry.pack];
        const auto known = repair.contradicted.find(pack.pack);
        if (known == repair.contradicted.end())
            return false;
        const repo::ChunkPlace place{.pack = pack.pack,
                                     .session = pack.session,
                                     .actor = pack.actor,
                                     .pack_size = pack.size,
                                     .frame = entry.frame,
                                     .offset = entry.offset,
                                     .stored_size = entry.stored_size,
                                     .plain_size = entry.plain_size,
                                     .kind = entry.kind,
                                     .codec = entry.codec};
        const format::PackDirectory& directory = known->second;
        return entry.frame >= directory.frames.size() ||
               directory.frames[entry.frame].id != entry.id ||
               !is_place_of(place, {pack.pack, repair.listed.at(pack.pack), directory},
                            entry.frame);
    };
    if (std::erase_if(segment.entries, is_wrong) == 0)
        return std::nullopt;
    // Packs of which nothing is left to say go as well.
    std::vector<bool> is_used(segment.packs.size());
    for (const format::IndexEntry& entry : segment.entries)
        is_used[entry.pack] = true;
    std::vector<std::uint32_t> moved_to(segment.packs.size());
    std::vector<format::IndexedPack> packs;
    for (std::size_t i = 0; i < segment.packs.size(); ++i) {
        moved_to[i] = static_cast<std::uint32_t>(packs.size());
        if (is_used[i])
            packs.push_back(segment.packs[i]);
    }
    for (format::IndexEntry& entry : segment.entries)
        entry.pack = moved_to[entry.pack];
    segment.packs = std::move(packs);
    segment.replaces.push_back(id);
    std::ranges::sort(segment.replaces);
    segment.replaces.erase(std::unique(segment.replaces.begin(), segment.replaces.end()),
                           segment.replaces.end());
    return segment;
}

/// Takes away a segment that others stand in for, which are durable. A store that lets nobody
/// remove anything keeps it.
bool remove(IndexRepair& repair, const SegmentId& id) {
    const std::string name = format::names::index(id);
    const Result<void> removed = repair.access.store->remove(name);
    if (removed)
        ++repair.report.segments_removed;
    else
        repair.events.finding(
            {Severity::warning, name,
             message(tr("others stand in for it, and it could not be removed: {}"),
                     removed.error().message())});
    return removed.has_value();
}

/// Puts a right segment for each that contradicts a pack's directory, then removes the wrong one:
/// every reader takes what listed segments say.
Result<void> replace_wrong(IndexRepair& repair, const repo::Index& index) {
    if (repair.contradicted.empty())
        return {};
    for (const SegmentId& id : index.segments()) {
        if (repair.crew.is_stopping())
            return fail(ErrorKind::interrupted, tr("interrupted"));
        Result<format::IndexSegment> segment = repo::read_segment(repair.access, id);
        if (!segment && segment.error().kind() == ErrorKind::not_found)
            continue; // a compaction took it
        std::optional<format::IndexSegment> right = corrected(repair, id, TRY(std::move(segment)));
        if (!right)
            continue;
        ++repair.report.segments_wrong;
        repair.events.finding({Severity::warning, format::names::index(id),
                               tr("it says of packs what their directories do not")});
        if (!repair.may_replace()) {
            ++repair.report.segments_left;
            continue;
        }
        TRY(repair.writer.put(std::move(*right)));
        ++repair.report.segments_replaced;
        if (!repair.options.dry_run && !remove(repair, id))
            ++repair.report.segments_left;
    }
    return {};
}

/// Whether every snapshot finds all that it needs; what it misses is told.
Result<bool> all_is_found(IndexRepair& repair, const repo::SnapshotSet& snapshots) {
    BadSegments known;
    const repo::Index index =
        TRY(load_index(repair.access, repair.events, known, repo::Index::Cache::passed_over));
    PackFindings packs;
    packs.listed = repair.listed;
    CheckEvents counted(repair.events);
    counted.count(
        [&](CheckReport& report) { report.checked = describe(repair.access, snapshots); });
    TRY(check_catalogs(repair.access, index, snapshots, {}, counted, repair.crew, packs));
    repair.report.damaged_snapshots = counted.report().damaged_snapshots.size();
    return repair.report.damaged_snapshots == 0;
}

/// Segments that snapshots name and that are gone, and those whose bytes are no use: when all that
/// they led to is in the index again, a segment says that they are not needed any more.
Result<void> replace_lost(IndexRepair& repair, const repo::Index& index,
                          const repo::SnapshotSet& snapshots, const BadSegments& bad) {
    const Unreplaced lost = TRY(find_unreplaced(repair.access, index, snapshots, bad));
    format::IndexSegment stand_in;
    for (const auto& [segment, snapshot] : lost.missing)
        stand_in.replaces.push_back(segment);
    for (const auto& [segment, fault] : lost.bad)
        stand_in.replaces.push_back(segment);
    std::ranges::sort(stand_in.replaces);
    const std::uint64_t count = stand_in.replaces.size();
    repair.report.segments_lost = count;
    for (const auto& [segment, fault] : lost.bad)
        repair.events.finding({Severity::warning, fault.subject, fault.text});
    for (const auto& [segment, snapshot] : lost.missing)
        repair.events.finding({Severity::warning, format::names::index(segment),
                               message(tr("missing: snapshot {} names it"),
                                       snapshot->record.session.hex().substr(0, 12))});
    if (count > 0 && !repair.may_replace()) {
        repair.report.segments_left += count;
        return {};
    }
    if (repair.options.dry_run) {
        if (count > 0)
            TRY(repair.writer.put(std::move(stand_in)));
        repair.report.segments_replaced += count;
        return {};
    }
    if (count > 0 && !TRY(all_is_found(repair, snapshots))) {
        repair.report.segments_left += count;
        return {};
    }
    if (count > 0)
        TRY(repair.writer.put(std::move(stand_in)));
    repair.report.segments_replaced += count;
    for (const auto& [segment, fault] : lost.bad)
        remove(repair, segment);
    if (repair.may_replace())
        for (const SegmentId& segment : lost.replaced) // an earlier repair was cut short
            remove(repair, segment);
    return {};
}

} // namespace
} // namespace engine

Result<RepairIndexReport> repair_index(Repository& repository, const RepairIndexOptions& options,
                                       Events& events, std::stop_token stop) {
    using namespace engine;
    const auto started = std::chrono::steady_clock::now();
    repo::Access& access = repository.impl().access;
    TRY(may_repair(access));
    LockedEvents locked(events);
    Crew crew(std::move(stop));
    IndexRepair repair{.access = access,
                       .options = options,
                       .events = locked,
                       .crew = crew,
                       .report = {},
                       .writer = {access, options.dry_run ? repo::SegmentWriter::Mode::only_count
                                                          : repo::SegmentWriter::Mode::put}};
    repair.report.dry_run = options.dry_run;
    const repo::History history = TRY(repo::load_history(access, locked));
    // Packs are listed before the index is: what a backup puts meanwhile is in it by then, or later
    // than both. What the cache knows of segments that the store lost would hide the loss.
    TRY(list_packs(repair));
    BadSegments bad;
    const repo::Index index = TRY(load_index(access, locked, bad, repo::Index::Cache::passed_over));
    // What someone put there who may not is evidence, and is not obeyed: it stays.
    std::erase_if(bad, [&](const auto& segment) {
        const bool is_alarm = segment.second.severity == Severity::alarm;
        if (is_alarm)
            locked.finding(segment.second);
        return is_alarm;
    });
    TRY(crew.outcome());
    TRY(tell_missing(repair, index, history.ledger));
    TRY(repair_packs(repair, index));
    TRY(replace_wrong(repair, index));
    TRY(replace_lost(repair, index, history.snapshots, bad));
    TRY(crew.outcome());
    repair.report.segments_put = repair.writer.segments();
    repair.report.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return repair.report;
}

} // namespace saoluu
