// SPDX-License-Identifier: Apache-2.0
#include "engine/restore_worker.hpp"

#include "repo/damage.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::engine {

using util::BytesView;
using util::Fd;
using util::message;
using util::tr;

using Plan = FileTask::Plan;

Result<void> FileRestorer::Worker::look(FileTask& task) {
    if (task.plan == Plan::look && task.is_in_new_folder)
        task.plan = Plan::write;
    if (task.plan == Plan::look) {
        const Result<int> folder = folder_of(task.file);
        if (!folder)
            return lose(task, folder.error());
        const Result<std::optional<Existing>> existing =
            find_existing(*folder, task.file.name(), task.file.path());
        if (!existing)
            return lose(task, existing.error());
        if (!*existing)
            task.plan = Plan::write;
        else
            TRY(judge(task, **existing));
    }
    const bool comes_back = task.plan == Plan::write || task.plan == Plan::replace;
    if (!context_.options.dry_run || !comes_back || task.is_lost)
        return {};
    came_back(task, task.plan == Plan::replace ? PathOutcome::overwritten : PathOutcome::made,
              task.entry.size, {});
    task.plan = Plan::nothing;
    return {};
}

/// Something has the file's name.
Result<void> FileRestorer::Worker::judge(FileTask& task, const Existing& existing) {
    const bool is_same = existing.held == Held::open &&
                         static_cast<std::uint64_t>(existing.info.st_size) == task.entry.size &&
                         content_.has_content(existing.fd.get(), task.entry);
    const Overwrite overwrite = context_.options.overwrite;
    if (is_same) {
        const Result<void> may =
            may_set_metadata(existing.fd.get(), existing.held, existing.info, task.entry);
        if (may)
            return keep(task, existing);
        if (overwrite != Overwrite::always)
            return lose(task, may.error());
    }
    const Result<Fate> fate = fate_of(existing, task.entry, overwrite);
    if (!fate)
        return lose(task, fate.error());
    if (*fate == Fate::stays)
        return lose(task, Error(ErrorKind::exists,
                                message(tr("{}: exists already and differs; it was left as it is"),
                                        util::printable(task.file.path()))));
    if (*fate == Fate::is_kept) {
        task.plan = Plan::nothing;
        if (task.entry.link_group)
            context_.links.did_not(*task.entry.link_group);
        context_.tally.moved(task.entry.size);
        context_.tally.done(task.entry.path, PathOutcome::kept, &RestoreSummary::files);
        return {};
    }
    task.plan = Plan::replace;
    return {};
}

/// A file that has the right content already: its metadata is brought up to date.
Result<void> FileRestorer::Worker::keep(FileTask& task, const Existing& existing) {
    task.plan = Plan::nothing;
    const int fd = existing.fd.get();
    if (!context_.options.dry_run && !has_metadata(fd, existing.held, existing.info, task.entry))
        context_.tally.metadata(task.entry.path, set_metadata(fd, existing.held, task.entry));
    context_.tally.moved(task.entry.size);
    came_back(task, PathOutcome::already_there, 0, FileIdentity::of(existing.info));
    return {};
}

void FileRestorer::Worker::came_back(const FileTask& task, PathOutcome outcome, std::uint64_t bytes,
                                     const FileIdentity& identity) {
    if (task.entry.link_group)
        context_.links.came_back(*task.entry.link_group, task.file.path(), identity);
    context_.tally.done(task.entry.path, outcome, &RestoreSummary::files, bytes);
}

Result<void> FileRestorer::Worker::lose(FileTask& task, const Error& error) {
    if (task.is_lost.exchange(true))
        return {};
    if (task.entry.link_group)
        context_.links.did_not(*task.entry.link_group);
    if (error.kind() != ErrorKind::corrupt && error.kind() != ErrorKind::unsupported)
        return context_.tally.failed(task.entry.path, error);
    context_.tally.damaged(task.entry.path, error.message());
    return {};
}

Result<void> FileRestorer::Worker::restore(const RestorePlan& plan, const RestorePlan::Piece& piece,
                                           RestoreWindow& window) {
    const std::span<const WantedChunk> chunks = plan.chunks_of(piece);
    WantedPack* const pack = plan.pack_of(chunks.front());
    const bool is_read = pack != nullptr && read_piece(*pack, piece);
    opened_ = {};
    for (std::size_t at = 0; at < chunks.size(); ++at) {
        if (context_.crew.is_stopping())
            return {};
        const WantedChunk& chunk = chunks[at];
        const std::span<Placement> placements =
            window.placements().subspan(chunk.first_placement, chunk.placements);
        const bool is_needed = std::ranges::any_of(placements, [&](const Placement& placement) {
            return !window.task_of(placement).is_lost;
        });
        if (!is_needed) {
            for (const Placement& placement : placements)
                TRY(settle(window.task_of(placement)));
            continue;
        }
        Result<BytesView> bytes = fail(ErrorKind::corrupt, "");
        if (is_read) {
            if (at >= opened_.end)
                open_some(*pack, piece, chunks, at);
            bytes = batch_.plain(at - opened_.first);
        }
        if (!bytes) { // it may lie elsewhere too, or in a healed copy
            bytes = chunks_.read(format::ChunkKind::data, chunk.frame.id, context_.domain);
            if (!bytes)
                bytes = Failure(repo::as_damage(context_.access, bytes.error()));
            if (!bytes && bytes.error().kind() != ErrorKind::corrupt &&
                bytes.error().kind() != ErrorKind::unsupported)
                return Failure(bytes.error()); // the store as a whole is gone
        }
        TRY(deliver(placements, bytes, window));
    }
    return {};
}

/// Opens a chunk of the piece in hand and those behind it, as many as fit into a step: their ids
/// are made together.
void FileRestorer::Worker::open_some(const WantedPack& pack, const RestorePlan::Piece& piece,
                                     std::span<const WantedChunk> chunks, std::size_t first) {
    batch_.clear();
    opened_ = {.first = first, .end = first};
    for (std::size_t bytes = 0; opened_.end < chunks.size() && bytes < kStep; ++opened_.end) {
        const WantedChunk& chunk = chunks[opened_.end];
        batch_.add(
            pack.id, chunk.frame, chunk.frame_number, header_,
            BytesView(piece_).subspan(chunk.frame.offset - piece.from, chunk.frame.frame_size()),
            context_.domain);
        bytes += chunk.frame.plain_size;
    }
    batch_.verify();
}

/// Header and bytes of a piece; false if either can't be had. Other places may have the chunks.
bool FileRestorer::Worker::read_piece(WantedPack& pack, const RestorePlan::Piece& piece) {
    store::Store& store = *context_.access.store;
    {
        const std::lock_guard lock(pack.mutex);
        if (!pack.header) {
            util::Bytes header(format::PackHeader::kSize);
            const Result<void> read = store.read(pack.name, 0, header);
            pack.header = read ? std::move(header) : util::Bytes();
        }
        header_ = *pack.header;
    }
    if (header_.empty())
        return false;
    const auto size = static_cast<std::size_t>(piece.end - piece.from);
    if (piece_.size() < size) // it never shrinks, so that it is zeroed once
        piece_.resize(size);
    return store.read(pack.name, piece.from, std::span(piece_).first(size)).has_value();
}

Result<void> FileRestorer::Worker::deliver(std::span<const Placement> placements,
                                           const Result<BytesView>& bytes, RestoreWindow& window) {
    for (const Placement& placement : placements) {
        FileTask& task = window.task_of(placement);
        if (!task.is_lost) {
            const Result<void> written =
                bytes ? write(task, placement, *bytes) : Failure(bytes.error());
            if (!written)
                TRY(lose(task, written.error()));
        }
        TRY(settle(task));
    }
    return {};
}

Result<void> FileRestorer::Worker::write(FileTask& task, const Placement& placement,
                                         BytesView chunk) {
    const bool fits =
        placement.chunk_length == 0
            ? placement.from <= chunk.size() && placement.length <= chunk.size() - placement.from
            : placement.chunk_length == chunk.size();
    if (!fits)
        return fail(ErrorKind::corrupt, tr("a chunk is of another length than the catalog says"));
    const BytesView bytes = chunk.subspan(placement.from, placement.length);
    const int folder = TRY(folder_of(task.file));
    // The whole of a file, as most are: nobody else will ask for its descriptor.
    if (task.outstanding == 1 && !task.file.is_begun()) {
        lone_ = TRY(task.file.open(folder));
        TRY(write_at(lone_.get(), placement.offset, bytes, task.file.path()));
    } else {
        const OpenTemporaries::File file = TRY(open_.get(task.file, folder));
        TRY(write_at(file->get(), placement.offset, bytes, task.file.path()));
    }
    context_.tally.moved(bytes.size());
    return {};
}

Result<void> FileRestorer::Worker::settle(FileTask& task) {
    if (--task.outstanding > 0)
        return {};
    Fd fd = std::move(lone_);
    if (!fd.is_open())
        if (const OpenTemporaries::File file = open_.take(task.file))
            fd = std::move(*file);
    if (task.is_lost) {
        task.file.discard();
        return {};
    }
    const Result<void> published = publish(task, std::move(fd));
    return published ? published : lose(task, published.error());
}

Result<void> FileRestorer::Worker::publish(FileTask& task, Fd fd) {
    const int folder = TRY(folder_of(task.file));
    if (!fd.is_open())
        fd = TRY(task.file.open(folder));
    if (!task.is_in_new_folder)
        drop_inherited_acls(fd.get(), Held::open, task.entry.type);
    if (task.has_parts && !TRY(content_.has_hash(fd.get(), task.entry)))
        return fail(ErrorKind::corrupt, tr("its content is not what its hash says"));
    const bool replaces = task.plan == Plan::replace;
    const RestoredFile::Published published = TRY(task.file.publish(
        folder, std::move(fd), task.entry,
        replaces ? RestoredFile::Existing::replace : RestoredFile::Existing::refuse));
    context_.tally.metadata(task.entry.path, published.metadata);
    context_.tally.moved(task.entry.size - task.data_bytes);
    came_back(task, replaces ? PathOutcome::overwritten : PathOutcome::made, task.entry.size,
              published.identity);
    return {};
}

Result<int> FileRestorer::Worker::folder_of(const RestoredFile& file) {
    const std::string_view path = split_path(file.path()).first;
    const auto known = std::ranges::find(
        folders_, path, [](const auto& folder) -> std::string_view { return folder.first; });
    if (known != folders_.end()) {
        folders_.splice(folders_.begin(), folders_, known);
        return folders_.front().second.get();
    }
    Fd fd = TRY(context_.target.folder(path));
    if (folders_.size() >= kFolders)
        folders_.pop_back();
    folders_.emplace_front(path, std::move(fd));
    return folders_.front().second.get();
}

} // namespace saoluu::engine
