// SPDX-License-Identifier: Apache-2.0
#include "saoluu/restore.hpp"

#include "engine/catalog_path.hpp"
#include "engine/restore_walk.hpp"
#include "engine/snapshot_access.hpp"
#include "repo/damage.hpp"
#include "repo/snapshot_set.hpp"
#include "util/text.hpp"

#include <chrono>
#include <utility>

namespace saoluu {

SnapshotPath SnapshotPath::parse(std::string_view text) {
    SnapshotPath result;
    const std::size_t split = text.find(":/");
    result.snapshot = text.substr(0, split);
    if (split != std::string_view::npos)
        result.path = text.substr(split + 1);
    return result;
}

namespace engine {
namespace {

using util::message;
using util::tr;

/// What is restored into the repository's own folder would lie among its objects, or take their
/// names.
Result<void> check_is_outside(const std::string& target, const std::string& repository) {
    if (!repository.empty() && util::is_inside(target, repository))
        return fail(ErrorKind::refused,
                    message(tr("{}: this folder is inside the repository; name another one "
                               "with --target"),
                            util::printable(target)));
    return {};
}

/// The names of owners; without them files get the numbers that they had.
Result<format::Note> note_of(const repo::Access& access, const repo::Index& index,
                             const format::Record& record, RestoreTally& tally) {
    if (record.note.empty())
        return format::Note();
    repo::ChunkReader chunks(access, index);
    Result<format::Note> note = read_note(chunks, record);
    if (note)
        return note;
    const Error error = repo::as_damage(access, note.error());
    if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::unsupported)
        return Failure(error);
    tally.damaged("", message(tr("the names of owners can't be read, so files get the numbers that "
                                 "they had: {}"),
                              error.message()));
    return format::Note();
}

bool takes_all(const RestoreOptions& options, const std::string& below) {
    return below.empty() && options.includes.empty() && options.excludes.empty();
}

Result<RestoreSummary> restore_snapshot(const repo::Access& access, const repo::Index& index,
                                        const repo::Snapshot& snapshot,
                                        const RestoreOptions& options,
                                        const RestoreSelection& selection, const std::string& below,
                                        LockedEvents& events, std::stop_token stop) {
    const RestoreTarget target = TRY(options.dry_run ? RestoreTarget::look_at(options.target)
                                                     : RestoreTarget::open(options.target));
    const format::Record& record = snapshot.record;
    RestoreTally tally(events, options);
    if (takes_all(options, below))
        tally.expect(format::count_of(record, format::Count::files),
                     format::count_of(record, format::Count::file_bytes));
    RestoreRules rules(options, options.numeric_owner ? format::Note()
                                                      : TRY(note_of(access, index, record, tally)));
    LinkGroups links;
    Crew crew(std::move(stop));
    const RestoreContext context{.access = access,
                                 .index = index,
                                 .domain = record.domain,
                                 .target = target,
                                 .options = options,
                                 .tally = tally,
                                 .links = links,
                                 .crew = crew};
    RestoreWalk walk(context, selection, rules, record.root_page, below);
    const auto outcome = [&]() -> Result<void> {
        Result<void> done = crew.outcome();
        // Which disk is full a path below the target does not say.
        if (!done && done.error().kind() == ErrorKind::no_space)
            return std::move(done).within(util::printable(options.target));
        return done;
    };
    crew.run([&] { return walk.restore(); });
    TRY(outcome());
    if (!walk.has_found() && tally.damaged_so_far() == 0)
        return fail(ErrorKind::not_found,
                    message(tr("/{} is not in snapshot {}"), util::printable(below),
                            record.session.hex().substr(0, 12)));
    if (!options.dry_run) {
        crew.run([&] { return walk.finish_folders(); });
        TRY(outcome());
        TRY(target.sync());
    }
    RestoreSummary summary = tally.finish();
    summary.snapshot = record.session.hex();
    return summary;
}

} // namespace
} // namespace engine

Result<RestoreSummary> restore(Repository& repository, const RestoreOptions& options,
                               Events& events, std::stop_token stop) {
    using namespace engine;
    const auto started = std::chrono::steady_clock::now();
    repo::Access& access = repository.impl().access;
    TRY(access.may_read(tr("restoring")));
    if (options.target.empty())
        return fail(ErrorKind::usage, tr("no folder to restore into was named: use --target DIR"));
    const std::string below = TRY(as_catalog_path(options.from.path));
    const RestoreSelection selection = TRY(RestoreSelection::of(options));
    TRY(check_is_outside(options.target, access.store->local_folder()));
    LockedEvents locked(events);
    const repo::History history = TRY(repo::load_history(access, locked));
    const repo::Snapshot* snapshot = TRY(history.snapshots.resolve(options.from.snapshot, access));
    const repo::Index index = TRY(repo::Index::load(access, locked));
    RestoreSummary summary = TRY(restore_snapshot(access, index, *snapshot, options, selection,
                                                  below, locked, std::move(stop)));
    if (!options.dry_run)
        repo::note_act(access, format::Act::restore,
                       {.roster = {},
                        .session = snapshot->record.session,
                        .mark = {},
                        .text = fmt::format("files {} damaged {} failed {}", summary.files,
                                            summary.damaged, summary.failed)},
                       locked);
    summary.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return summary;
}

} // namespace saoluu
