// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/crew.hpp"
#include "engine/restore_existing.hpp"
#include "engine/restore_links.hpp"
#include "engine/restore_tally.hpp"
#include "engine/restore_window.hpp"
#include "repo/chunk_reader.hpp"

#include <list>
#include <memory>
#include <string>
#include <vector>

namespace saoluu::engine {

/// What all files of one restore share. Borrows all of it.
struct RestoreContext {
    const repo::Access& access;
    const repo::Index& index;
    format::Domain domain;
    const RestoreTarget& target;
    const RestoreOptions& options;
    RestoreTally& tally;
    LinkGroups& links;
    Crew& crew;
};

/// Restores files: collects what a window holds, then reads the packs that it needs, each piece of
/// them once, and writes every chunk to all its places. Files that are whole get their metadata and
/// their names. Damage costs only the files that need what is damaged.
///
/// For one thread, which works together with the crew's while a window is restored.
/// memory: RestoreWindow::kBudget; a worker: a piece, a frame, a chunk, the keys of 16 packs
class FileRestorer {
public:
    explicit FileRestorer(const RestoreContext& context);
    FileRestorer(const FileRestorer&) = delete;
    FileRestorer& operator=(const FileRestorer&) = delete;
    ~FileRestorer();

    /// path: in the target. is_in_new_folder: nothing can have that name
    /// errors: what ends the run
    Result<void> add(const std::string& path, format::Entry entry, bool is_in_new_folder);
    /// Restores all that was added; more may be added then.
    Result<void> finish();

private:
    class Worker;
    using Task = std::shared_ptr<FileTask>;

    Result<void> begin(const Task& task);
    Result<void> place_segments(const Task& task);
    Result<void> restore_window();
    std::vector<Task> settle_links();
    bool link(const FileTask& task);
    template <class Work>
    Result<void> in_parallel(std::size_t count, const Work& work);

    RestoreContext context_;
    RestoreWindow window_;
    std::vector<Task> waiting_; ///< for the first of their link group
    std::uint64_t waiting_cost_ = 0;
    OpenTemporaries open_;
    std::vector<std::unique_ptr<Worker>> workers_; ///< the first is the caller's own
};

} // namespace saoluu::engine
