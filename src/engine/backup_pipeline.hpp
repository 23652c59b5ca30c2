// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/backup_tally.hpp"
#include "engine/catalog_writer.hpp"
#include "engine/crew.hpp"
#include "engine/file_list.hpp"
#include "engine/file_source.hpp"
#include "engine/file_storer.hpp"
#include "util/queue.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <tuple>
#include <variant>

namespace saoluu::engine {

/// Turns scanned items into chunks and catalog pages.
///
///     scan (caller) --items--> workers (hash, look up, compress, seal, open packs of their own)
///          \--entries in path order--> catalog (waits for each entry's chunks, writes pages)
///
/// Items and entries travel in batches, so that small files are not paid for by waking threads, and
/// so that a worker has several chunks to hash side by side.
/// A file that is as the last run's list knows it is not read: the scanning thread takes its chunks
/// from the list, where the session may build on every one of them. A worker reads files of up to
/// kWholeFile itself; larger ones are read and cut by the scanning thread, so that all workers
/// share one file. Queues are drained, never dropped: whatever happens, every entry is completed,
/// so nothing waits for ever.
/// memory: kBlocks blocks, a read buffer and an open pack a worker, kQueuedEntries entries, and
/// each file with several names until all of them have come
class BackupPipeline final : public ScanVisitor {
public:
    struct Options {
        unsigned workers = 2;
        int level = 3;
        bool force_read = false;
        std::chrono::seconds longest = std::chrono::hours(24);
    };
    /// known: what the last run knew, or null; list: what the next one will
    BackupPipeline(repo::WriteSession& session, const data::Chunker& chunker, Options options,
                   FileList* known, FileListWriter& list, Crew& crew, BackupTally& tally);
    ~BackupPipeline() override;
    BackupPipeline(const BackupPipeline&) = delete;
    BackupPipeline& operator=(const BackupPipeline&) = delete;

    /// Starts the threads; then found() and so on from one thread, in path order; then finish().
    void start();
    Result<void> found(ScanItem item) override;
    void problem(const ScanProblem& problem) override;
    void left_out(const std::string& path, Selection::Reason reason) override;
    /// A stream, as a file of the root: where its name comes in the order of paths.
    /// errors: what `read` fails with, which ends the run
    Result<void> found_stream(const std::string& name, const ReadNext& read);
    /// The same of what an earlier session of the run read; false where this one can't build on it.
    bool take_stream(const KnownFile& stored);
    /// After finish(): the stream as it was stored.
    [[nodiscard]] std::optional<KnownFile> streamed() const {
        return stream_ ? stream_->known : std::nullopt;
    }
    /// Ends the queues and joins the threads; afterwards the results below are there.
    Result<void> finish();

    /// Whether found() ended the scan because the session has lasted long enough.
    [[nodiscard]] bool is_paused() const { return is_paused_; }
    [[nodiscard]] const format::ChunkId& root_page() const { return root_page_; }
    /// Owners that entries name.
    [[nodiscard]] const std::map<std::uint64_t, std::string>& users() const { return users_; }
    [[nodiscard]] const std::map<std::uint64_t, std::string>& groups() const { return groups_; }
    /// Stores the note's chunks, after finish().
    Result<std::vector<format::ChunkId>> store_note(const format::Note& note);

private:
    /// The content of a file, in order: each piece is filled in by whoever stores it, while others
    /// are added behind it, so none may move.
    using Parts = std::deque<format::Segment>;
    struct Pending;
    /// Shared by the catalog's queue, the parts on their way, and the file's further names.
    using PendingPtr = std::shared_ptr<Pending>;
    /// An entry whose chunks are being made.
    struct Pending {
        format::Entry entry;
        std::shared_ptr<Parts> parts;
        std::atomic<std::uint32_t> open_parts{0};
        bool is_lost = false;     ///< unreadable: no entry; written before the last part ends
        bool has_xattrs = true;   ///< or they could not be read
        bool is_replaced = false; ///< another file had the name when it was read
        BackupTally::Fate fate = BackupTally::Fate::fresh;
        std::optional<KnownFile> known; ///< for the next run; none of what is no file
        std::optional<std::vector<format::Segment>>
            before;       ///< what it held last time, if it may still hold it
        PendingPtr first; ///< the same file under a name that came before

        /// Until every part is complete.
        void wait() const {
            for (std::uint32_t open = open_parts.load(std::memory_order_acquire); open != 0;
                 open = open_parts.load(std::memory_order_acquire))
                open_parts.wait(open, std::memory_order_acquire);
        }
    };
    /// Something that is still to be done for an entry. When it goes, done or dropped, that part of
    /// the entry is complete: the catalog waits for every one.
    class Part {
    public:
        explicit Part(PendingPtr pending) : pending_(std::move(pending)) {
            pending_->open_parts.fetch_add(1, std::memory_order_relaxed);
        }
        Part(Part&&) noexcept = default;
        Part& operator=(Part&&) noexcept = delete;
        ~Part() {
            if (pending_ && pending_->open_parts.fetch_sub(1, std::memory_order_acq_rel) == 1)
                pending_->open_parts.notify_all();
        }
        Pending& operator*() const { return *pending_; }

    private:
        PendingPtr pending_;
    };
    struct FileTask {
        Part pending;
        ScanItem item;
    };
    /// A chunk of a large file.
    struct ChunkTask {
        format::Segment* part;
        BlockChunk chunk;
    };
    /// Several, of one file.
    struct ChunkTasks {
        Part pending;
        std::shared_ptr<Parts> parts;
        std::vector<ChunkTask> chunks;
    };
    using FileTasks = std::vector<FileTask>;
    using Entries = std::vector<PendingPtr>;
    using Task = std::variant<FileTasks, ChunkTasks>;
    using Inode = std::tuple<dev_t, ino_t, mode_t, off_t, time_t, long>;
    /// A file with several names, until all have come.
    struct Linked {
        PendingPtr first;
        nlink_t names_left = 0;
    };

    static constexpr std::uint64_t kWholeFile = 4 << 20;
    static constexpr std::size_t kBlocks = 3;
    static constexpr std::size_t kBlockSize = 8 << 20;
    static constexpr std::size_t kQueuedWork = 16 << 20;
    static constexpr std::size_t kQueuedEntries = 4096;
    /// A batch ends with so much work, or so many entries, and before a large file.
    static constexpr std::size_t kBatchWork = 2 << 20;
    static constexpr std::size_t kBatchEntries = 64;
    /// What a file weighs beside its bytes: it keeps its folder open while it waits, so at most 512
    /// wait.
    static constexpr std::size_t kTaskWeight = 32 << 10;

    void abandon();
    PendingPtr first_of(const ScanItem& item, const PendingPtr& pending);
    bool feed(const PendingPtr& pending, ScanItem* file);
    bool pass_on();
    bool take_known(Pending& pending, const ScanItem& item);
    void feed_large(const PendingPtr& pending, const ScanItem& item);
    bool read_large(const PendingPtr& pending, const OpenedFile& file);
    PendingPtr begin_stream(const std::string& name, const struct stat& info);
    Result<std::uint64_t> read_stream(const PendingPtr& pending, const ReadNext& read);
    Result<void> work(unsigned number);
    Result<void> store_chunks(const ChunkTasks& tasks, ChunkStore& chunks);
    Result<void> store_files(const FileTasks& tasks, FileStorer& storer);
    Result<void> take_stored(Pending& pending, const ScanItem& item, StoredFile file);
    Result<void> store_late(Pending& pending);
    Result<void> write_catalog();
    Result<void> add_entry(Pending& pending, CatalogWriter& catalog);
    static void note_replaced(Pending& pending, const ScanItem& item, const struct stat& opened);
    void remember(Pending& pending, const struct stat& info, bool has_changed);
    void note_xattrs(Pending& pending, int code);
    void lose(Pending& pending, int code);

    repo::WriteSession& session_;
    const data::Chunker& chunker_;
    const Options options_;
    FileList* known_;
    FileListWriter& list_;
    Crew& crew_;
    BackupTally& tally_;
    const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
    std::atomic<bool> has_learned_ = false; ///< of a file that the next session need not read
    bool is_paused_ = false;
    std::map<Inode, Linked> linked_; // the scanning thread's
    PendingPtr stream_;
    BlockPool pool_{kBlocks, kBlockSize};
    FileTasks next_tasks_; // the batch that the scanning thread collects
    Entries next_entries_;
    std::size_t next_work_ = 0;
    util::BoundedQueue<Task> tasks_{kQueuedWork};
    util::BoundedQueue<Entries> entries_{kQueuedEntries};
    std::map<std::uint64_t, std::string> users_, groups_; // the catalog thread's until finish()
    std::unique_ptr<ChunkStore> catalog_chunks_;
    format::ChunkId root_page_;
};

} // namespace saoluu::engine
