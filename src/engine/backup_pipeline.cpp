// SPDX-License-Identifier: Apache-2.0
#include "engine/backup_pipeline.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/sysmacros.h>

namespace saoluu::engine {

using format::FindingKind;
using util::message;
using util::tr;

namespace {

std::string describe_finding(FindingKind kind, int code) {
    if (code == ENAMETOOLONG)
        return tr("its path or target is longer or deeper than a snapshot can hold; it was not "
                  "stored");
    switch (kind) {
    case FindingKind::vanished:
        return tr("vanished while the backup ran");
    case FindingKind::changed:
        return tr("changed while it was read; its copy may be of two moments");
    case FindingKind::left_out:
        return tr("a socket; it was not stored");
    case FindingKind::unreadable:
    case FindingKind::more: // only a note's last line is one
        break;
    }
    return message(tr("could not be read: {}"), util::system_error(code, "").message().substr(2));
}

std::optional<format::FileType> type_of(mode_t mode) {
    if (S_ISREG(mode))
        return format::FileType::file;
    if (S_ISDIR(mode))
        return format::FileType::folder;
    if (S_ISLNK(mode))
        return format::FileType::symlink;
    if (S_ISFIFO(mode))
        return format::FileType::fifo;
    if (S_ISCHR(mode))
        return format::FileType::character;
    if (S_ISBLK(mode))
        return format::FileType::block;
    return std::nullopt;
}

bool may_be_target(std::string_view target) {
    return !target.empty() && target.size() <= format::limits::kTarget &&
           target.find('\0') == std::string_view::npos;
}

} // namespace

BackupPipeline::BackupPipeline(repo::WriteSession& session, const data::Chunker& chunker,
                               Options options, Crew& crew, LockedEvents& events)
    : session_(session), chunker_(chunker), options_(options), crew_(crew), events_(events),
      catalog_chunks_(
          std::make_unique<ChunkStore>(session, session.catalog_packer(), options.level)) {}

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

void BackupPipeline::complete(Pending& pending) {
    if (pending.open_parts.fetch_sub(1, std::memory_order_acq_rel) == 1)
        pending.open_parts.notify_all();
}

void BackupPipeline::find(const std::string& path, FindingKind kind, int code) {
    const std::string text = describe_finding(kind, code);
    {
        const std::lock_guard lock(mutex_);
        findings_.push_back({.path = path,
                             .kind = static_cast<std::uint64_t>(kind),
                             .code = static_cast<std::uint64_t>(code),
                             .text = text});
        ++(kind == FindingKind::left_out ? summary_.left_out : summary_.unreadable);
    }
    events_.finding(
        {kind == FindingKind::left_out ? Severity::notice : Severity::warning, "/" + path, text});
}

void BackupPipeline::report(const ScanProblem& problem) {
    find(problem.path.substr(1),
         problem.code == ENOENT ? FindingKind::vanished : FindingKind::unreadable, problem.code);
}

void BackupPipeline::lose(Pending& pending, FindingKind kind, int code) {
    pending.is_lost = true;
    find(pending.entry.path, kind, code);
}

void BackupPipeline::describe(format::Entry& entry, const struct stat& info) const {
    entry.mode = info.st_mode & 07777;
    entry.uid = info.st_uid;
    entry.gid = info.st_gid;
    entry.mtime_seconds = info.st_mtim.tv_sec;
    // Some file systems give more than there can be.
    entry.mtime_nanoseconds =
        static_cast<std::uint32_t>(std::clamp<long>(info.st_mtim.tv_nsec, 0, 999'999'999));
    if (entry.type == format::FileType::character || entry.type == format::FileType::block) {
        entry.device_major = ::major(info.st_rdev);
        entry.device_minor = ::minor(info.st_rdev);
    }
}

Result<void> BackupPipeline::feed(ScanItem item) {
    if (crew_.is_stopping())
        return fail(ErrorKind::interrupted, tr("interrupted"));
    const std::optional<format::FileType> type = type_of(item.info.st_mode);
    if (!type) {
        find(item.path, FindingKind::left_out, 0);
        return {};
    }
    if (!format::check_path(item.path) ||
        (*type == format::FileType::symlink && !may_be_target(item.target))) {
        find(item.path, FindingKind::unreadable, ENAMETOOLONG);
        return {};
    }
    auto pending = std::make_shared<Pending>();
    pending->entry.path = item.path;
    pending->entry.type = *type;
    pending->entry.target = item.target;
    describe(pending->entry, item.info);
    if (!entries_.push(pending))
        return {}; // the run failed, which is told by who made it fail
    if (*type != format::FileType::file) {
        complete(*pending);
        return {};
    }
    const auto size = static_cast<std::uint64_t>(item.info.st_size);
    if (size > kWholeFile)
        return feed_large(pending, item);
    if (!tasks_.push(FileTask{pending, std::move(item)},
                     static_cast<std::size_t>(size) + kTaskWeight))
        complete(*pending);
    return {};
}

/// Reads and cuts a file that all workers share. The entry's own part ends when the file is read.
Result<void> BackupPipeline::feed_large(const PendingPtr& pending, const ScanItem& item) {
    struct Completion {
        BackupPipeline& pipeline;
        Pending& pending;
        ~Completion() { pipeline.complete(pending); }
    } const completion{*this, *pending};

    OpenedFile file;
    if (!open_file(item, file)) {
        lose(*pending, errno == ENOENT ? FindingKind::vanished : FindingKind::unreadable, errno);
        return {};
    }
    describe(pending->entry, file.info);
    // Positions are handed out before the chunks are stored, and the list must not move under the
    // workers.
    const std::uint64_t most =
        static_cast<std::uint64_t>(file.info.st_size) / chunker_.sizes().least + 2;
    pending->chunks.resize(static_cast<std::size_t>(most));
    ChunkStream stream(file.fd.get(), chunker_, pool_);
    std::size_t count = 0;
    std::uint64_t size = 0;
    bool overflows = false;
    while (!crew_.is_stopping()) {
        Result<std::optional<BlockChunk>> chunk = stream.next();
        if (!chunk) {
            lose(*pending, FindingKind::unreadable, chunk.error().system_code());
            break;
        }
        if (!*chunk)
            break;
        overflows =
            count ==
            pending->chunks
                .size(); // it grew while being read: what came later is left for the next run
        if (overflows)
            break;
        const std::size_t weight = (*chunk)->bytes.size();
        size += weight;
        pending->open_parts.fetch_add(1, std::memory_order_relaxed);
        if (!tasks_.push(ChunkTask{pending, count++, std::move(**chunk)}, weight))
            complete(*pending);
    }
    struct stat after {};
    if (!pending->is_lost &&
        (overflows || ::fstat(file.fd.get(), &after) != 0 || has_changed(file.info, after)))
        find(item.path, FindingKind::changed, 0);
    pending->entry.size = size;
    return {};
}

Result<void> BackupPipeline::work(unsigned number) {
    std::optional<ChunkStore> chunks;
    util::Bytes buffer;
    crew_.run([&]() -> Result<void> {
        chunks.emplace(session_, session_.data_packer(), options_.level);
        buffer.resize(kWholeFile + 1);
        return {};
    });
    // The first worker takes whatever there is; each further one helps when there is work for it,
    // so that a small backup fills one pack, not one a processor.
    const std::size_t threshold = std::min<std::size_t>(number, 3) * (kQueuedWork / 4);
    while (std::optional<Task> task = tasks_.pop(threshold)) {
        const bool is_chunk = std::holds_alternative<ChunkTask>(*task);
        const PendingPtr& pending =
            is_chunk ? std::get<ChunkTask>(*task).pending : std::get<FileTask>(*task).pending;
        // Whatever happens, even to memory, the entry is completed: the catalog waits for it.
        if (!crew_.is_stopping())
            crew_.run([&]() -> Result<void> {
                if (!is_chunk)
                    return store_file(std::get<FileTask>(*task), *chunks, buffer);
                const auto& part = std::get<ChunkTask>(*task);
                const format::ChunkId id =
                    TRY(chunks->put(format::ChunkKind::data, part.chunk.bytes));
                pending->chunks[part.position] = {.id = id, .length = part.chunk.bytes.size()};
                bytes_done_ += part.chunk.bytes.size();
                return {};
            });
        complete(*pending);
    }
    if (!chunks)
        return {};
    TRY(chunks->finish());
    count(*chunks);
    return {};
}

/// A file that is larger than it was when it was scanned: cut while it is read, in this worker.
Result<void> BackupPipeline::store_grown(Pending& pending, const OpenedFile& file,
                                         ChunkStore& chunks, util::Bytes& buffer) {
    pending.chunks.clear();
    std::uint64_t size = 0;
    // As much as the file had when it was opened: one that grows faster than it is read must end.
    std::uint64_t unread = static_cast<std::uint64_t>(file.info.st_size);
    std::size_t kept = 0; // read and not cut yet, at the front of the buffer
    buffer.resize(std::max<std::size_t>(buffer.size(), 2 * chunker_.sizes().greatest));
    for (;;) {
        const std::size_t room =
            static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size() - kept, unread));
        const Result<std::size_t> got =
            util::read_some(file.fd.get(), std::span(buffer).subspan(kept, room), "");
        if (!got) {
            lose(pending, FindingKind::unreadable, got.error().system_code());
            return {};
        }
        unread = *got < room ? 0 : unread - *got;
        util::BytesView left = util::BytesView(buffer).first(kept + *got);
        while (!left.empty() && (unread == 0 || left.size() >= chunker_.sizes().greatest)) {
            const util::BytesView chunk = left.first(chunker_.cut(left));
            const format::ChunkId id = TRY(chunks.put(format::ChunkKind::data, chunk));
            pending.chunks.push_back({.id = id, .length = chunk.size()});
            size += chunk.size();
            left = left.subspan(chunk.size());
        }
        if (unread == 0)
            break;
        if (crew_.is_stopping())
            return {};
        kept = left.size();
        std::memmove(buffer.data(), left.data(), kept);
    }
    struct stat after {};
    if (::fstat(file.fd.get(), &after) != 0 || has_changed(file.info, after) ||
        size != static_cast<std::uint64_t>(file.info.st_size))
        find(pending.entry.path, FindingKind::changed, 0);
    describe(pending.entry, file.info);
    pending.entry.size = size;
    bytes_done_ += size;
    return {};
}

/// A file that fits into a worker's buffer: read once, and once more if it changed meanwhile.
Result<void> BackupPipeline::store_file(const FileTask& task, ChunkStore& chunks,
                                        util::Bytes& buffer) {
    Pending& pending = *task.pending;
    std::size_t size = 0;
    for (int look = 1;; ++look) {
        OpenedFile file;
        if (!open_file(task.item, file)) {
            lose(pending, errno == ENOENT ? FindingKind::vanished : FindingKind::unreadable, errno);
            return {};
        }
        if (static_cast<std::uint64_t>(file.info.st_size) > kWholeFile)
            return store_grown(pending, file, chunks, buffer);
        const Result<std::size_t> got =
            util::read_some(file.fd.get(), std::span(buffer).first(kWholeFile + 1), "");
        if (!got) {
            lose(pending, FindingKind::unreadable, got.error().system_code());
            return {};
        }
        size = std::min<std::size_t>(*got, kWholeFile);
        struct stat after {};
        const bool changed = ::fstat(file.fd.get(), &after) != 0 || has_changed(file.info, after) ||
                             size != static_cast<std::size_t>(file.info.st_size);
        if (changed && look == 1)
            continue;
        if (changed)
            find(pending.entry.path, FindingKind::changed, 0);
        describe(pending.entry, file.info);
        break;
    }
    pending.entry.size = size;
    for (util::BytesView left(buffer.data(), size); !left.empty();) {
        const util::BytesView chunk = left.first(chunker_.cut(left));
        const format::ChunkId id = TRY(chunks.put(format::ChunkKind::data, chunk));
        pending.chunks.push_back({.id = id, .length = chunk.size()});
        left = left.subspan(chunk.size());
    }
    bytes_done_ += size;
    return {};
}

/// The entry of a file whose chunks are all there; its place in the catalog, and what it counts as.
Result<void> BackupPipeline::add_entry(Pending& pending, CatalogWriter& catalog) {
    format::Entry& entry = pending.entry;
    std::uint64_t length = 0;
    std::vector<format::Segment> segments;
    for (const format::WholeChunk& chunk : pending.chunks)
        if (chunk.length > 0) {
            length += chunk.length;
            segments.emplace_back(chunk);
        }
    if (entry.type == format::FileType::file && length != entry.size)
        return fail(ErrorKind::failure,
                    message(tr("{}: its parts do not add up"), util::printable(entry.path)));
    entry.segments = TRY(shorten(std::move(segments), *catalog_chunks_));
    users_.try_emplace(entry.uid);
    groups_.try_emplace(entry.gid);
    TRY(catalog.add(entry));
    const std::lock_guard lock(mutex_);
    ++(entry.type == format::FileType::file     ? summary_.files
       : entry.type == format::FileType::folder ? summary_.folders
                                                : summary_.others);
    summary_.bytes_read += entry.size;
    return {};
}

Result<void> BackupPipeline::write_catalog() {
    CatalogWriter catalog(*catalog_chunks_);
    while (std::optional<PendingPtr> next = entries_.pop()) {
        Pending& pending = **next;
        for (std::uint32_t open = pending.open_parts.load(std::memory_order_acquire); open != 0;
             open = pending.open_parts.load(std::memory_order_acquire))
            pending.open_parts.wait(open, std::memory_order_acquire);
        if (crew_.is_stopping() || pending.is_lost)
            continue;
        crew_.run([&]() -> Result<void> {
            TRY(add_entry(pending, catalog));
            if (++files_done_ % 16 == 0)
                events_.progress({.files = files_done_,
                                  .total_files = 0,
                                  .bytes = bytes_done_,
                                  .total_bytes = 0,
                                  .current = "/" + pending.entry.path});
            return {};
        });
    }
    if (!crew_.is_stopping())
        root_page_ = TRY(catalog.finish());
    return {};
}

void BackupPipeline::count(const ChunkStore& chunks) {
    const std::lock_guard lock(mutex_);
    summary_.chunks += chunks.totals().chunks;
    summary_.new_chunks += chunks.totals().new_chunks;
    summary_.new_chunk_bytes += chunks.totals().new_bytes;
}

Result<void> BackupPipeline::finish() {
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
    count(*catalog_chunks_);
    return ids;
}

} // namespace saoluu::engine
