// SPDX-License-Identifier: Apache-2.0
// The scanning thread's part of a backup's pipeline: what becomes of each item, and the reading of
// large files.
#include "engine/backup_pipeline.hpp"

#include "engine/source_metadata.hpp"
#include "util/text.hpp"

#include <cerrno>
#include <utility>

namespace saoluu::engine {

using format::FindingKind;
using util::tr;

namespace {

bool may_be_target(std::string_view target) {
    return !target.empty() && target.size() <= format::limits::kTarget &&
           target.find('\0') == std::string_view::npos;
}

} // namespace

Result<void> BackupPipeline::found(ScanItem item) {
    if (crew_.is_stopping())
        return fail(ErrorKind::interrupted, tr("interrupted"));
    // What is stored is committed, and the next session goes on from it, which comes further if
    // this one learned of a file that need not be read again.
    if (has_learned_ && std::chrono::steady_clock::now() - started_ > options_.longest &&
        list_.is_good()) {
        is_paused_ = true;
        return fail(ErrorKind::interrupted, tr("interrupted"));
    }
    tally_.saw(item);
    const std::optional<format::FileType> type = type_of(item.info.st_mode);
    if (!type) {
        tally_.find(item.path, FindingKind::left_out, 0);
        return {};
    }
    if (!format::check_path(item.path) ||
        (*type == format::FileType::symlink && !may_be_target(item.target))) {
        tally_.find(item.path, FindingKind::unreadable, ENAMETOOLONG);
        return {};
    }
    auto pending = std::make_shared<Pending>();
    pending->entry.path = item.path;
    pending->entry.type = *type;
    pending->entry.target = std::move(item.target);
    describe(pending->entry, item.info);
    pending->first = first_of(item, pending);
    const bool is_file = *type == format::FileType::file && !pending->first;
    if (!is_file && !pending->first)
        note_xattrs(*pending, read_xattrs_at(item.folder->get(), item.name, pending->entry.xattrs));
    feed(pending, is_file ? &item : nullptr); // if that fails, whoever made it fail tells why
    return {};
}

/// Gives an entry to the catalog, and its file to the workers. False: the run failed.
bool BackupPipeline::feed(const PendingPtr& pending, ScanItem* file) {
    const Part own(pending); // it is not complete before this ends
    next_entries_.push_back(pending);
    if (file != nullptr && !take_known(*pending, *file)) {
        const auto size = static_cast<std::uint64_t>(file->info.st_size);
        if (size > kWholeFile) {
            if (!pass_on())
                return false;
            feed_large(pending, *file);
            return true;
        }
        next_tasks_.push_back({Part(pending), std::move(*file)});
        next_work_ += static_cast<std::size_t>(size) + kTaskWeight;
    }
    return (next_entries_.size() < kBatchEntries && next_work_ < kBatchWork) || pass_on();
}

/// Ends the batch. Entries go first: the catalog waits for those whose files are still here, but
/// the workers never wait for it.
bool BackupPipeline::pass_on() {
    const std::size_t entries = next_entries_.size();
    const bool is_passed =
        (entries == 0 || entries_.push(std::exchange(next_entries_, {}), entries)) &&
        (next_tasks_.empty() || tasks_.push(std::exchange(next_tasks_, {}), next_work_));
    next_work_ = 0;
    return is_passed;
}

/// The entry that holds what this name leads to, if another name of it came before; null if this is
/// the first, or has no other.
BackupPipeline::PendingPtr BackupPipeline::first_of(const ScanItem& item,
                                                    const PendingPtr& pending) {
    if (S_ISDIR(item.info.st_mode) || item.info.st_nlink < 2)
        return nullptr;
    const struct stat& info = item.info;
    // More than the number, which another file may have by the time the last name comes.
    const Inode inode(info.st_dev, info.st_ino, info.st_mode & S_IFMT, info.st_size,
                      info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
    const auto [linked, is_first] =
        linked_.try_emplace(inode, Linked{.first = pending, .names_left = item.info.st_nlink});
    PendingPtr first = linked->second.first;
    if (--linked->second.names_left == 0)
        linked_.erase(linked);
    if (!is_first)
        return first;
    pending->entry.link_group = session_.domain().link_group(util::as_bytes(item.path));
    return nullptr;
}

/// A file that is still as the last run read it, and whose chunks may all be built on.
bool BackupPipeline::take_known(Pending& pending, const ScanItem& item) {
    const KnownFile* known = known_ == nullptr ? nullptr : known_->find(item.path);
    if (known == nullptr)
        return false;
    pending.fate = BackupTally::Fate::changed;
    if (known->has_same_facts(item.info))
        pending.before = known->segments;
    if (options_.force_read || !known->is_still(item.info))
        return false;
    for (const format::Segment& segment : known->segments)
        if (const auto* chunk = std::get_if<format::WholeChunk>(&segment);
            chunk != nullptr && !session_.is_stored(format::ChunkKind::data, chunk->id))
            return false;
    pending.fate = BackupTally::Fate::unchanged;
    pending.parts = std::make_shared<Parts>(known->segments.begin(), known->segments.end());
    pending.known = *known;
    pending.entry.size = known->size;
    // What changes them changes the file's ctime, so what has none still has none.
    if (known->has_xattrs)
        note_xattrs(pending, read_xattrs_at(item.folder->get(), item.name, pending.entry.xattrs));
    return true;
}

/// Reads and cuts a file that all workers share; twice if it changes meanwhile.
void BackupPipeline::feed_large(const PendingPtr& pending, const ScanItem& item) {
    bool has_changed = true;
    for (int look = 1; has_changed && look <= 2; ++look) {
        OpenedFile file;
        if (!open_file(item, file)) {
            lose(*pending, errno);
            return;
        }
        note_replaced(*pending, item, file.info);
        describe(pending->entry, file.info);
        if (look == 1)
            note_xattrs(*pending, read_xattrs(file.fd.get(), pending->entry.xattrs));
        has_changed = read_large(pending, file);
        if (pending->is_lost || crew_.is_stopping())
            return;
        remember(*pending, file.info, has_changed);
    }
    if (has_changed)
        tally_.find(item.path, FindingKind::changed, 0);
}

/// A file with several names that made way for another: its further names lead to what it was, so
/// they are read for themselves.
void BackupPipeline::note_replaced(Pending& pending, const ScanItem& item,
                                   const struct stat& opened) {
    if (!pending.entry.link_group ||
        (opened.st_dev == item.info.st_dev && opened.st_ino == item.info.st_ino))
        return;
    pending.is_replaced = true;
    pending.entry.link_group.reset();
}

/// One reading of a large file; whether it changed meanwhile. Parts of an earlier reading that are
/// still on their way end in a list that nobody looks at.
bool BackupPipeline::read_large(const PendingPtr& pending, const OpenedFile& file) {
    const auto parts = std::make_shared<Parts>();
    pending->parts = parts;
    const auto size = static_cast<std::uint64_t>(file.info.st_size);
    std::uint64_t at = 0;
    bool is_cut_short = false;
    const auto skip_to = [&](std::uint64_t offset) {
        if (offset > at)
            parts->emplace_back(format::Hole{.length = offset - at});
        at = offset;
    };
    Extents extents(file.fd.get(), file.info);
    while (const std::optional<Extent> extent = extents.next()) {
        skip_to(extent->offset);
        ChunkStream stream(file.fd.get(), *extent, chunker_, pool_);
        std::vector<ChunkTask> chunks;
        std::size_t bytes = 0;
        const auto pass_chunks = [&] {
            tasks_.push(ChunkTasks{Part(pending), parts, std::exchange(chunks, {})},
                        std::exchange(bytes, 0));
        };
        while (!crew_.is_stopping()) {
            Result<std::optional<BlockChunk>> chunk = stream.next();
            if (!chunk) {
                lose(*pending, chunk.error().system_code());
                return false;
            }
            if (!*chunk)
                break;
            bytes += (*chunk)->bytes.size();
            at += (*chunk)->bytes.size();
            format::Segment* part = &parts->emplace_back(format::WholeChunk{});
            chunks.push_back({part, std::move(**chunk)});
            if (bytes >= kBatchWork)
                pass_chunks();
        }
        pass_chunks();
        is_cut_short = at < extent->offset + extent->length;
        if (is_cut_short)
            break;
    }
    if (!is_cut_short)
        skip_to(size);
    pending->entry.size = at;
    struct stat after {};
    return is_cut_short || ::fstat(file.fd.get(), &after) != 0 || has_changed(file.info, after);
}

} // namespace saoluu::engine
