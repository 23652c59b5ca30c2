// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/catalog_writer.hpp"
#include "engine/crew.hpp"
#include "engine/file_source.hpp"
#include "engine/locked_events.hpp"
#include "format/note.hpp"

#include "saoluu/backup.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <variant>

namespace saoluu::engine {

/// Turns scanned items into chunks and catalog pages.
///
///     scan (caller) --items--> workers (hash, look up, compress, seal, one open pack each)
///          \--entries in path order--> catalog (waits for each entry's chunks, writes pages)
///
/// A worker reads files of up to kWholeFile itself; larger ones are read and cut by the scanning
/// thread, so that all workers share one file. Queues are drained, never dropped: whatever happens,
/// every entry is completed, so nothing waits for ever. memory: kBlocks blocks, a read buffer and
/// an open pack a worker, kQueuedEntries entries
class BackupPipeline {
public:
    struct Options {
        unsigned workers = 2;
        int level = 3;
    };
    BackupPipeline(repo::WriteSession& session, const data::Chunker& chunker, Options options,
                   Crew& crew, LockedEvents& events);
    ~BackupPipeline();
    BackupPipeline(const BackupPipeline&) = delete;
    BackupPipeline& operator=(const BackupPipeline&) = delete;

    /// Starts the threads; then feed() from one thread, in path order; then finish().
    void start();
    Result<void> feed(ScanItem item);
    void report(const ScanProblem& problem);
    /// Ends the queues and joins the threads; afterwards the results below are there.
    Result<void> finish();

    [[nodiscard]] const format::ChunkId& root_page() const { return root_page_; }
    [[nodiscard]] const std::vector<format::NoteFinding>& findings() const { return findings_; }
    /// Owners that entries name.
    [[nodiscard]] const std::map<std::uint64_t, std::string>& users() const { return users_; }
    [[nodiscard]] const std::map<std::uint64_t, std::string>& groups() const { return groups_; }
    /// Counts, without what the session knows.
    [[nodiscard]] const BackupSummary& summary() const { return summary_; }
    /// Stores the note's chunks, after finish().
    Result<std::vector<format::ChunkId>> store_note(const format::Note& note);

private:
    /// An entry whose chunks are being made.
    struct Pending {
        format::Entry entry;
        std::vector<format::WholeChunk> chunks; ///< in order; filled by whoever stores them
        std::atomic<std::uint32_t> open_parts{1};
        bool is_lost = false; ///< unreadable: no entry; written before the last part ends
    };
    using PendingPtr =
        std::shared_ptr<Pending>; ///< shared by the catalog's queue and the parts on their way
    struct FileTask {
        PendingPtr pending;
        ScanItem item;
    };
    struct ChunkTask {
        PendingPtr pending;
        std::size_t position;
        BlockChunk chunk;
    };
    using Task = std::variant<FileTask, ChunkTask>;

    static constexpr std::uint64_t kWholeFile = 4 << 20;
    static constexpr std::size_t kBlocks = 3;
    static constexpr std::size_t kBlockSize = 8 << 20;
    static constexpr std::size_t kQueuedWork = 16 << 20;
    static constexpr std::size_t kQueuedEntries = 4096;
    /// What a file weighs beside its bytes: it keeps its folder open while it waits, so at most 512
    /// wait.
    static constexpr std::size_t kTaskWeight = 32 << 10;

    void abandon();
    Result<void> work(unsigned number);
    Result<void> store_file(const FileTask& task, ChunkStore& chunks, util::Bytes& buffer);
    Result<void> store_grown(Pending& pending, const OpenedFile& file, ChunkStore& chunks,
                             util::Bytes& buffer);
    Result<void> feed_large(const PendingPtr& pending, const ScanItem& item);
    Result<void> write_catalog();
    Result<void> add_entry(Pending& pending, CatalogWriter& catalog);
    void complete(Pending& pending);
    void lose(Pending& pending, format::FindingKind kind, int code);
    void find(const std::string& path, format::FindingKind kind, int code);
    void describe(format::Entry& entry, const struct stat& info) const;
    void count(const ChunkStore& chunks);

    repo::WriteSession& session_;
    const data::Chunker& chunker_;
    const Options options_;
    Crew& crew_;
    LockedEvents& events_;
    BlockPool pool_{kBlocks, kBlockSize};
    util::BoundedQueue<Task> tasks_{kQueuedWork};
    util::BoundedQueue<PendingPtr> entries_{kQueuedEntries};
    std::mutex mutex_; ///< findings_, summary_
    std::vector<format::NoteFinding> findings_;
    BackupSummary summary_;
    std::map<std::uint64_t, std::string> users_, groups_; // the catalog thread's until finish()
    std::unique_ptr<ChunkStore> catalog_chunks_;
    format::ChunkId root_page_;
    std::atomic<std::uint64_t> bytes_done_ = 0, files_done_ = 0;
};

} // namespace saoluu::engine
