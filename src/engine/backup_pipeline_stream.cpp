// SPDX-License-Identifier: Apache-2.0
// A stream in a backup's pipeline: read and cut by the scanning thread like a large file, but once,
// and what fails ends the run.
#include "engine/backup_pipeline.hpp"

#include "engine/source_metadata.hpp"
#include "util/text.hpp"

#include <ctime>
#include <utility>

#include <unistd.h>

namespace saoluu::engine {

namespace {

/// As a file that whoever runs us makes now, and that nobody else may read.
struct stat made_now() {
    struct stat info {};
    info.st_mode = S_IFREG | S_IRUSR | S_IWUSR;
    info.st_uid = ::geteuid();
    info.st_gid = ::getegid();
    ::clock_gettime(CLOCK_REALTIME, &info.st_mtim);
    info.st_ctim = info.st_mtim;
    return info;
}

} // namespace

BackupPipeline::PendingPtr BackupPipeline::begin_stream(const std::string& name,
                                                        const struct stat& info) {
    auto pending = std::make_shared<Pending>();
    pending->entry.path = name;
    pending->entry.type = format::FileType::file;
    describe(pending->entry, info);
    // No time tells whether it is as it was, so it is known to have been there and no more.
    pending->known = KnownFile::of(name, info, false);
    pending->known->has_xattrs = false;
    if (const KnownFile* before = known_ == nullptr ? nullptr : known_->find(name)) {
        pending->fate = BackupTally::Fate::changed;
        pending->before = before->segments; // the same again is no change
    }
    return pending;
}

Result<void> BackupPipeline::found_stream(const std::string& name, const ReadNext& read) {
    const PendingPtr pending = begin_stream(name, made_now());
    const Part own(pending); // the catalog waits for it
    next_entries_.push_back(pending);
    if (!pass_on())
        return {}; // whoever made it fail tells why
    Result<std::uint64_t> size = read_stream(pending, read);
    if (!size) {
        pending->is_lost = true; // half of it is no file
        return Failure(std::move(size).error());
    }
    pending->entry.size = *size;
    pending->known->size = *size;
    tally_.saw_stream("/" + name, *size);
    stream_ = pending;
    return {};
}

/// All of it, in pieces that the workers store; how many bytes there were.
Result<std::uint64_t> BackupPipeline::read_stream(const PendingPtr& pending, const ReadNext& read) {
    const auto parts = std::make_shared<Parts>();
    pending->parts = parts;
    ChunkStream stream(read, chunker_, pool_);
    std::vector<ChunkTask> chunks;
    std::size_t bytes = 0;
    std::uint64_t size = 0;
    const auto pass_chunks = [&] {
        return chunks.empty() ||
               tasks_.push(ChunkTasks{Part(pending), parts, std::exchange(chunks, {})},
                           std::exchange(bytes, 0));
    };
    for (;;) {
        std::optional<BlockChunk> chunk = TRY(stream.next());
        if (!chunk)
            break;
        bytes += chunk->bytes.size();
        size += chunk->bytes.size();
        format::Segment* part = &parts->emplace_back(format::WholeChunk{});
        chunks.push_back({part, std::move(*chunk)});
        if (bytes >= kBatchWork && !pass_chunks())
            break;
    }
    if (!pass_chunks() || crew_.is_stopping())
        return fail(ErrorKind::interrupted, util::tr("interrupted"));
    return size;
}

bool BackupPipeline::take_stream(const KnownFile& stored) {
    for (const format::Segment& segment : stored.segments)
        if (const auto* chunk = std::get_if<format::WholeChunk>(&segment);
            chunk != nullptr && !session_.is_stored(format::ChunkKind::data, chunk->id))
            return false;
    struct stat info = made_now();
    info.st_mtim = stored.modified;
    info.st_ctim = stored.changed;
    const PendingPtr pending = begin_stream(stored.path, info);
    pending->parts = std::make_shared<Parts>(stored.segments.begin(), stored.segments.end());
    pending->entry.size = stored.size;
    pending->known->size = stored.size;
    tally_.saw_stream("/" + stored.path, stored.size);
    stream_ = pending;
    feed(pending, nullptr); // if that fails, whoever made it fail tells why
    return true;
}

} // namespace saoluu::engine
