// SPDX-License-Identifier: Apache-2.0
#include "engine/file_restorer.hpp"

#include "engine/catalog_reader.hpp"
#include "engine/restore_worker.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <atomic>
#include <utility>
#include <variant>

namespace saoluu::engine {

using util::tr;

namespace {

bool has_list(const format::Entry& entry) {
    return std::ranges::any_of(entry.segments, [](const format::Segment& segment) {
        return std::holds_alternative<format::ChunkList>(segment);
    });
}

Failure does_not_add_up() {
    return fail(ErrorKind::corrupt, tr("its parts do not add up to its size"));
}

} // namespace

FileRestorer::FileRestorer(const RestoreContext& context) : context_(context) {
    for (unsigned i = 0; i < Crew::workers(context.options.threads); ++i)
        workers_.push_back(std::make_unique<Worker>(context_, open_));
}

FileRestorer::~FileRestorer() = default;

Result<void> FileRestorer::add(const std::string& path, format::Entry entry,
                               bool is_in_new_folder) {
    const auto task = std::make_shared<FileTask>(context_.target, path, std::move(entry));
    task->is_in_new_folder = is_in_new_folder;
    const std::uint64_t cost = RestoreWindow::cost_of(*task);
    if (!window_.has_room_for(waiting_cost_ + cost))
        TRY(finish());
    const std::optional<format::LinkGroup>& group = task->entry.link_group;
    if (!group || context_.links.enter(*group) == LinkGroups::Standing::first)
        return begin(task);
    waiting_cost_ += cost;
    waiting_.push_back(task);
    return {};
}

Result<void> FileRestorer::finish() {
    TRY(restore_window());
    // What can't become a link is written; the first of them of a group is its first then.
    for (std::vector<Task> again = settle_links(); !again.empty(); again = settle_links()) {
        for (const Task& task : again)
            TRY(begin(task));
        TRY(restore_window());
    }
    return context_.crew.is_stopping() ? context_.crew.outcome() : Result<void>();
}

/// Puts a file into the window. One with lists of chunks may not fit: then it is looked at before,
/// because a window restores what it has of it.
Result<void> FileRestorer::begin(const Task& task) {
    if (!window_.has_room_for(RestoreWindow::cost_of(*task)))
        TRY(restore_window());
    if (has_list(task->entry))
        TRY(workers_.front()->look(*task));
    if (task->is_lost || task->plan == FileTask::Plan::nothing)
        return {};
    const Result<void> placed = place_segments(task);
    task->is_placed = true;
    if (task->is_in_new_folder || task->plan != FileTask::Plan::look)
        task->entry.segments = {}; // nothing is left to be compared with them
    if (placed)
        return {};
    const ErrorKind kind = placed.error().kind();
    if (context_.crew.is_stopping() ||
        (kind != ErrorKind::corrupt && kind != ErrorKind::unsupported))
        return placed;
    return workers_.front()->lose(*task, placed.error());
}

Result<void> FileRestorer::place_segments(const Task& task) {
    const std::uint64_t cost = RestoreWindow::cost_of(*task);
    if (context_.options.dry_run) {
        window_.add(task, cost);
        return {};
    }
    // A placement's cost includes the segment that it was.
    const std::uint64_t own = cost - task->entry.segments.size() * RestoreWindow::kPlacementCost;
    window_.add(task, own);
    const std::uint64_t size = task->entry.size;
    std::uint64_t offset = 0;
    const auto place = [&](Placement placement) -> Result<void> {
        if (task->is_lost)
            return fail(ErrorKind::corrupt, ""); // told already
        placement.offset = offset;
        task->data_bytes += placement.length;
        window_.add(placement);
        if (window_.has_room_for(0))
            return {};
        TRY(restore_window());
        window_.add(task, own);
        return {};
    };
    const auto add = [&](const format::Segment& segment) -> Result<void> {
        // Lists in lists can make trillions of holes of a few kilobytes: no window fills with them.
        if (context_.crew.is_stopping())
            return fail(ErrorKind::interrupted, tr("interrupted"));
        const std::uint64_t length = format::length_of(segment);
        if (length > size - offset)
            return does_not_add_up();
        if (const auto* whole = std::get_if<format::WholeChunk>(&segment)) {
            const auto all = static_cast<std::uint32_t>(length);
            TRY(place({.chunk = whole->id, .length = all, .chunk_length = all}));
        } else if (const auto* part = std::get_if<format::PartOfChunk>(&segment)) {
            task->has_parts = true;
            TRY(place({.chunk = part->id,
                       .from = static_cast<std::uint32_t>(part->offset),
                       .length = static_cast<std::uint32_t>(length)}));
        } else if (!std::holds_alternative<format::Hole>(segment)) {
            return fail(
                ErrorKind::unsupported,
                tr("it is stored in a way that this version does not know: use a newer saoluu"));
        }
        offset += length;
        return {};
    };
    TRY(for_each_segment(context_.access, task->entry.segments, workers_.front()->chunks(),
                         context_.domain, add));
    if (offset != size)
        return does_not_add_up();
    if (task->has_parts && !task->entry.file_hash)
        return fail(ErrorKind::corrupt, tr("the file's own hash is missing"));
    return {};
}

Result<void> FileRestorer::restore_window() {
    const auto tasks = window_.tasks();
    TRY(in_parallel(tasks.size(), [&](Worker& worker, std::size_t at) -> Result<void> {
        FileTask& task = *tasks[at];
        if (!task.is_lost)
            TRY(worker.look(task));
        if (!task.is_placed || task.is_lost || task.plan == FileTask::Plan::nothing)
            return {};
        return worker.settle(task);
    }));
    window_.drop_settled();
    const RestorePlan plan(window_, workers_.front()->chunks(), context_.domain);
    PiecesAhead ahead(plan, *context_.access.store);
    TRY(in_parallel(plan.pieces().size(), [&](Worker& worker, std::size_t at) {
        ahead.taking(at);
        return worker.restore(plan, plan.pieces()[at], window_);
    }));
    for (const Task& task : tasks)
        if (task->is_lost)
            static_cast<void>(open_.take(task->file)); // nobody will write to it any more
    window_.clear();
    return {};
}

/// Links what can be linked; gives back what is to be written instead.
std::vector<FileRestorer::Task> FileRestorer::settle_links() {
    std::vector<Task> again;
    std::erase_if(waiting_, [&](const Task& task) {
        if (context_.crew.is_stopping())
            return false;
        switch (context_.links.enter(*task->entry.link_group)) {
        case LinkGroups::Standing::waiting:
            return false;
        case LinkGroups::Standing::first:
            again.push_back(task);
            break;
        case LinkGroups::Standing::ready:
            if (!link(*task))
                again.push_back(task);
            break;
        }
        waiting_cost_ -= RestoreWindow::cost_of(*task);
        return true;
    });
    return again;
}

bool FileRestorer::link(const FileTask& task) {
    const std::optional<PathOutcome> outcome =
        context_.options.dry_run
            ? PathOutcome::linked
            : context_.links.link_to_first(context_.target, task.file.path(), task.entry,
                                           context_.options.overwrite);
    if (!outcome)
        return false;
    context_.tally.moved(task.entry.size);
    context_.tally.done(task.entry.path, *outcome, &RestoreSummary::linked);
    return true;
}

/// Calls work(worker, i) for every i below count, by as many threads as there are workers.
template <class Work>
Result<void> FileRestorer::in_parallel(std::size_t count, const Work& work) {
    std::atomic<std::size_t> next = 0;
    Crew& crew = context_.crew;
    const auto loop = [&](Worker& worker) -> Result<void> {
        for (std::size_t at = next++; at < count && !crew.is_stopping(); at = next++)
            TRY(work(worker, at));
        return {};
    };
    struct Join { // the threads use what stands above
        Crew& crew;
        ~Join() { crew.join(); }
    } const join{crew};
    for (std::size_t i = 1; i < std::min(workers_.size(), count); ++i)
        crew.start([&loop, &worker = *workers_[i]] { return loop(worker); });
    crew.run([&] { return loop(*workers_.front()); });
    crew.join();
    return crew.outcome();
}

} // namespace saoluu::engine
