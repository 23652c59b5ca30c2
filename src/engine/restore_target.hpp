// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/file.hpp"

#include "saoluu/result.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include <sys/stat.h>

namespace saoluu::engine {

/// The folder that a restore writes into. Nothing outside it can be reached: every path is opened
/// beneath it and no symbolic link is ever followed (openat2 with RESOLVE_BENEATH and
/// RESOLVE_NO_SYMLINKS; part by part with O_NOFOLLOW on kernels without it). Threads: const
/// functions by many.
class RestoreTarget {
public:
    enum class Resolve { by_kernel, by_parts };

    /// Opens the folder, making it if it is missing, and takes its lock where that is free.
    static Result<RestoreTarget> open(const std::string& folder,
                                      Resolve resolve = Resolve::by_kernel);
    /// The same to look at only: it may be missing, and nothing of it is made or locked.
    static Result<RestoreTarget> look_at(const std::string& folder);

    /// A folder of the target, pinned, by a path relative to it ("" = the target).
    /// errors: as openat; denied where a link is in the way
    [[nodiscard]] Result<util::Fd> folder(std::string_view path) const;
    /// The same, open for reading.
    [[nodiscard]] Result<util::Fd> open_folder(std::string_view path) const;
    /// The folder that an entry at `path` lies in, and its name there.
    struct Place {
        util::Fd folder;
        std::string name;
    };
    [[nodiscard]] Result<Place> place(std::string_view path) const;

    /// Whether a folder was made, or was there.
    enum class Folder { made, existed };
    /// errors: exists if something other than a folder is there
    [[nodiscard]] Result<Folder> make_folder(std::string_view path) const;
    /// What make_folder() would do.
    [[nodiscard]] Result<Folder> find_folder(std::string_view path) const;

    /// A name for a file or link on its way into this target. No other run, of this or another
    /// process, makes the same.
    [[nodiscard]] std::string temporary_name() const;
    /// Removes what a run that was killed left under such names in a folder of the target. Only
    /// where this run holds the lock, and only what this user made and nothing else links to: it
    /// can be nobody else's.
    void remove_leftovers(std::string_view path) const;

    /// Everything is on disk.
    [[nodiscard]] Result<void> sync() const;

private:
    RestoreTarget(util::Fd root, Resolve resolve)
        : root_(std::move(root)), resolve_(resolve),
          made_(std::make_unique<std::atomic<std::uint64_t>>(0)) {}

    [[nodiscard]] Result<Folder> find_folder_at(const Place& at, std::string_view path) const;

    util::Fd root_; ///< not open: there is no such folder
    Resolve resolve_;
    bool is_locked_ = false;
    bool was_made_ = false; ///< by open()
    std::string prefix_;    ///< of temporary names
    std::unique_ptr<std::atomic<std::uint64_t>> made_;
};

/// "a/b" and "c" of "a/b/c"; "" and "c" of "c".
std::pair<std::string_view, std::string_view> split_path(std::string_view path);

} // namespace saoluu::engine
