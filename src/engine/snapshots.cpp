// SPDX-License-Identifier: Apache-2.0
#include "saoluu/snapshots.hpp"

#include "engine/snapshot_access.hpp"
#include "repo/snapshot_set.hpp"

#include <algorithm>

namespace saoluu {

Result<std::vector<SnapshotInfo>> list_snapshots(Repository& repository, Events& events) {
    const repo::Access& access = repository.impl().access;
    const repo::History history = TRY(repo::load_history(access, events));
    const repo::SnapshotSet& set = history.snapshots;
    std::optional<repo::Index> index;
    if (access.keyring.may_read() && !set.snapshots.empty())
        index = TRY(repo::Index::load(access, events));
    std::vector<SnapshotInfo> list;
    for (const repo::Snapshot& snapshot : set.snapshots) {
        const format::Record& record = snapshot.record;
        SnapshotInfo info{.id = record.session.hex(),
                          .job = record.job,
                          .client = access.names_of(snapshot.actor).holder,
                          .actor = snapshot.actor.hex(),
                          .started = record.started,
                          .ended = record.ended,
                          .sequence = record.sequence,
                          .incomplete = record.incomplete,
                          .files = count_of(record, format::Count::files),
                          .folders = count_of(record, format::Count::folders),
                          .others = count_of(record, format::Count::others),
                          .bytes = count_of(record, format::Count::file_bytes),
                          .stored_bytes = count_of(record, format::Count::stored_bytes),
                          .sources = {},
                          .tags = {},
                          .host = {}};
        if (index) {
            repo::ChunkReader chunks(access, *index);
            const Result<format::Note> note = engine::read_note(chunks, record);
            if (note) {
                info.sources = note->sources;
                info.tags = note->tags;
                info.host = note->host;
                info.suspect = std::ranges::any_of(note->findings, [](const auto& finding) {
                    return finding.kind == static_cast<std::uint64_t>(format::FindingKind::suspect);
                });
            } else {
                events.finding({Severity::damage, info.id, note.error().message()});
            }
        }
        list.push_back(std::move(info));
    }
    return list;
}

} // namespace saoluu
