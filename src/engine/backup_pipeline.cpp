// SPDX-License-Identifier: Apache-2.0
#include "engine/backup_pipeline.hpp"

#include "engine/source_metadata.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

namespace saoluu::engine {

using format::FindingKind;
using util::message;
using util::tr;

namespace {

/// A file that changes again within so much of its last change may keep its times: the coarsest
/// file systems count in two seconds.
constexpr format::Time kCoarsestGrain = 2;

} // namespace

BackupPipeline::BackupPipeline(repo::WriteSession& session, const data::Chunker& chunker,
                               Options options, FileList* known, FileListWriter& list, Crew& crew,
                               BackupTally& tally)
    : session_(session), chunker_(chunker), options_(options), known_(known), list_(list),
      crew_(crew), tally_(tally), catalog_chunks_(std::make_unique<ChunkStore>(
                                      session, session.catalog_packer(), options.level)) {}

void BackupPipeline::start() {
    for (unsigned i = 0; i < options_.workers; ++i)
        crew_.start([this, i] { return work(i); });
    crew_.start([this] { return write_catalog(); });
    // Where a thread is missing nothing may wait for what it would have done.
    if (crew_.is_stopping())
        abandon();
}

BackupPipeline::~BackupPipeline() {
    tasks_.close();
    entries_.close();
    crew_.join(); // before what the threads work on goes
}

void BackupPipeline::abandon() {
    tasks_.abort();
    entries_.abort();
}

void BackupPipeline::problem(const ScanProblem& problem) {
    tally_.miss(problem.path.substr(1), problem.code);
}

void BackupPipeline::left_out(const std::string& path, Selection::Reason reason) {
    tally_.exclude(path, reason);
}

void BackupPipeline::lose(Pending& pending, int code) {
    pending.is_lost = true;
    tally_.miss(pending.entry.path, code);
}

void BackupPipeline::note_xattrs(Pending& pending, int code) {
    pending.has_xattrs = code != 0 || !pending.entry.xattrs.empty();
    if (code != 0)
        tally_.find(pending.entry.path, FindingKind::unreadable, code,
                    code == E2BIG ? std::string(tr("its extended attributes are larger than a "
                                                   "snapshot can hold; it was stored without them"))
                                  : message(tr("its extended attributes could not be read; it was "
                                               "stored without them: {}"),
                                            util::system_error(code, "").message().substr(2)));
}

Result<void> BackupPipeline::work(unsigned number) {
    std::optional<ChunkStore> chunks;
    std::optional<FileStorer> storer;
    crew_.run([&]() -> Result<void> {
        chunks.emplace(ChunkStore::of_data(session_, options_.level));
        storer.emplace(chunker_, *chunks, crew_, kWholeFile);
        return {};
    });
    // The first worker takes whatever there is; each further one helps when there is work for it,
    // so that a small backup fills one pack, not one a processor.
    const std::size_t threshold = std::min<std::size_t>(number, 3) * (kQueuedWork / 4);
    while (std::optional<Task> task = tasks_.pop(threshold)) {
        if (crew_.is_stopping())
            continue;
        crew_.run([&] {
            if (const auto* parts = std::get_if<ChunkTasks>(&*task))
                return store_chunks(*parts, *chunks);
            return store_files(std::get<FileTasks>(*task), *storer);
        });
    }
    if (!chunks)
        return {};
    TRY(chunks->finish());
    tally_.add_chunks(chunks->totals().chunks, chunks->totals().new_chunks,
                      chunks->totals().new_bytes);
    return {};
}

Result<void> BackupPipeline::store_chunks(const ChunkTasks& tasks, ChunkStore& chunks) {
    std::vector<ChunkStore::Chunk> batch;
    for (const ChunkTask& task : tasks.chunks)
        batch.push_back({.plain = task.chunk.bytes});
    TRY(chunks.put(format::ChunkKind::data, batch));
    for (std::size_t i = 0; i < batch.size(); ++i) {
        *tasks.chunks[i].part =
            format::WholeChunk{.id = batch[i].id, .length = batch[i].plain.size()};
        tally_.add_read(batch[i].plain.size());
    }
    return {};
}

Result<void> BackupPipeline::store_files(const FileTasks& tasks, FileStorer& storer) {
    std::vector<StoredFile> files(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i)
        TRY(storer.store(tasks[i].item, files[i]));
    TRY(storer.flush());
    for (std::size_t i = 0; i < tasks.size(); ++i)
        TRY(take_stored(*tasks[i].pending, tasks[i].item, std::move(files[i])));
    return {};
}

/// What was stored of a file becomes its entry's.
Result<void> BackupPipeline::take_stored(Pending& pending, const ScanItem& item, StoredFile file) {
    if (file.code != 0) {
        lose(pending, file.code);
        return {};
    }
    note_replaced(pending, item, file.info);
    describe(pending.entry, file.info);
    pending.entry.size = file.size;
    pending.entry.xattrs = std::move(file.xattrs);
    note_xattrs(pending, file.xattr_code);
    pending.parts = std::make_shared<Parts>(file.segments.begin(), file.segments.end());
    for (const format::Segment& segment : file.segments)
        if (std::holds_alternative<format::WholeChunk>(segment))
            tally_.add_read(format::length_of(segment));
    remember(pending, file.info, file.changed);
    if (file.changed)
        tally_.find(pending.entry.path, FindingKind::changed, 0);
    return {};
}

/// Keeps what the next run needs to know this file again. One that changed so lately that it may
/// change once more without its times showing it is only remembered to have been there.
void BackupPipeline::remember(Pending& pending, const struct stat& info, bool has_changed) {
    const format::Time begin = session_.started() - kCoarsestGrain;
    const format::Time end = std::time(nullptr) + kCoarsestGrain;
    // A time that lies ahead was set by hand: the next change will set another.
    const auto is_fresh = [&](const timespec& time) {
        return time.tv_sec >= begin && time.tv_sec <= end;
    };
    const bool is_settled = !has_changed && !is_fresh(info.st_mtim) && !is_fresh(info.st_ctim);
    pending.known = KnownFile::of(pending.entry.path, info, is_settled);
    pending.known->has_xattrs = pending.has_xattrs;
    if (is_settled)
        has_learned_ = true;
}

/// A further name of a file whose first name could not be read, or led to another file: read here,
/// for itself. Seldom.
Result<void> BackupPipeline::store_late(Pending& pending) {
    pending.first.reset();
    ScanItem item;
    item.path = pending.entry.path;
    item.name = item.path.substr(item.path.rfind('/') + 1);
    Result<util::Fd> folder = util::open_path(
        "/" + item.path.substr(0, item.path.size() - item.name.size()), O_PATH | O_DIRECTORY);
    if (!folder) {
        lose(pending, folder.error().system_code());
        return {};
    }
    item.folder = std::make_shared<const util::Fd>(std::move(*folder));
    ChunkStore chunks(session_, session_.data_packer(), options_.level);
    FileStorer storer(chunker_, chunks, crew_, kWholeFile);
    StoredFile file;
    TRY(storer.store(item, file));
    TRY(storer.flush());
    TRY(take_stored(pending, item, std::move(file)));
    TRY(chunks.finish());
    tally_.add_chunks(chunks.totals().chunks, chunks.totals().new_chunks,
                      chunks.totals().new_bytes);
    return {};
}

/// The entry of a file whose chunks are all there; its place in the catalog, and what it counts as.
Result<void> BackupPipeline::add_entry(Pending& pending, CatalogWriter& catalog) {
    format::Entry& entry = pending.entry;
    if (pending.first) { // one file: whatever was learned of it by its first name
        std::string path = std::move(entry.path);
        entry = pending.first->entry;
        entry.path = std::move(path);
        pending.fate = pending.first->fate;
        pending.known = pending.first->known;
        if (pending.known)
            pending.known->path = entry.path;
    } else if (entry.type == format::FileType::file) {
        std::vector<format::Segment> segments;
        std::uint64_t length = 0;
        if (pending.parts)
            segments.assign(std::make_move_iterator(pending.parts->begin()),
                            std::make_move_iterator(pending.parts->end()));
        pending.parts.reset();
        for (const format::Segment& segment : segments)
            length += format::length_of(segment);
        if (length != entry.size)
            return fail(ErrorKind::failure,
                        message(tr("{}: its parts do not add up"), util::printable(entry.path)));
        if (pending.before && *pending.before == segments)
            pending.fate = BackupTally::Fate::unchanged; // it was read in doubt
        pending.before.reset();
        if (pending.known)
            pending.known->segments = segments;
        entry.segments = TRY(shorten(std::move(segments), *catalog_chunks_));
    }
    users_.try_emplace(entry.uid);
    groups_.try_emplace(entry.gid);
    TRY(catalog.add(entry));
    if (pending.known)
        list_.add(*pending.known);
    tally_.add_entry(entry, pending.fate);
    return {};
}

Result<void> BackupPipeline::write_catalog() {
    CatalogWriter catalog(*catalog_chunks_);
    while (const std::optional<Entries> batch = entries_.pop()) {
        // The last first: when it is complete most others are, so that few wait to be woken.
        for (auto next = batch->rbegin(); next != batch->rend(); ++next)
            (*next)->wait();
        for (const PendingPtr& next : *batch) {
            Pending& pending = *next;
            if (crew_.is_stopping() || pending.is_lost)
                continue;
            crew_.run([&]() -> Result<void> {
                if (pending.first && (pending.first->is_lost || pending.first->is_replaced))
                    TRY(store_late(pending));
                return pending.is_lost ? Result<void>() : add_entry(pending, catalog);
            });
        }
    }
    if (!crew_.is_stopping())
        root_page_ = TRY(catalog.finish());
    return {};
}

Result<void> BackupPipeline::finish() {
    pass_on();
    tasks_.close();
    entries_.close();
    crew_.join();
    return crew_.outcome();
}

Result<std::vector<format::ChunkId>> BackupPipeline::store_note(const format::Note& note) {
    constexpr std::size_t kPart = 256 << 10;
    const util::Bytes encoded = format::encode_note(note);
    std::vector<format::ChunkId> ids;
    for (util::BytesView left(encoded); !left.empty();) {
        const util::BytesView part = left.first(std::min(left.size(), kPart));
        ids.push_back(TRY(catalog_chunks_->put(format::ChunkKind::note, part)));
        left = left.subspan(part.size());
    }
    TRY(catalog_chunks_->finish());
    tally_.add_chunks(catalog_chunks_->totals().chunks, catalog_chunks_->totals().new_chunks,
                      catalog_chunks_->totals().new_bytes);
    return ids;
}

} // namespace saoluu::engine
