// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"
#include "util/file.hpp"
#include "util/guarded.hpp"

#include "saoluu/result.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

namespace saoluu::store {

/// How a file gets its name without overwriting: each falls back to the next where the file system
/// can't do it.
enum class Naming {
    rename, ///< RENAME_NOREPLACE: local disks
    link,   ///< never overwrites on NFS (which knows no flags of rename) and on SMB (where the
            ///< kernel looks first and then overwrites, so that two machines may both rename)
    look,   ///< whether the name is free, and then a plain rename: FAT, SMB shares without links;
            ///< of two that do it at once both may succeed
};

/// In the store's folder, of files on their way to their names.
inline constexpr std::string_view kTmpFolder = "tmp";

/// The files of a local store, seen from its folder, which it holds open: whatever is done to the
/// path meanwhile (another disk mounted over it), it stays in the same folder. Follows no symbolic
/// link inside and never leaves it: on a NAS others can write there too.
/// Names are those of objects, checked already. Threads: any.
class FolderTree {
public:
    /// naming: to begin with; none: what fits the file system
    /// errors: no_repository if there is no folder at `path`
    static Result<FolderTree> open(const std::string& path, std::optional<Naming> naming = {});

    [[nodiscard]] const std::string& path() const { return path_; }
    /// For messages.
    [[nodiscard]] std::string path_of(std::string_view name) const {
        return util::join(path_, name);
    }

    /// For reading; a regular file.
    Result<util::Fd> open_file(std::string_view name) const;
    /// A new file, for writing, with the mode of this tree; makes missing folders, durably (the
    /// file's own name is not).
    Result<util::Fd> create_file(std::string_view name) const;
    /// errors: not_found, also for what is no regular file
    Result<ObjectInfo> stat(std::string_view name) const;
    /// Not there is success. The removal is not synced: a name that comes back after a crash is one
    /// that could as well not have been removed yet.
    Result<void> remove(std::string_view name) const;

    /// Gives a file its name, unless there is one of that name; makes missing folders; both are
    /// durable when it returns. `from` is left only where that fails.
    Result<Put> publish(std::string_view from, std::string_view to) const;

    /// False after a file got its name by looking first.
    [[nodiscard]] bool never_overwrites() const { return *naming_ != Naming::look; }

    /// A folder inside; flags of open(2).
    Result<util::Fd> open_folder(std::string_view folder, int flags) const;

    /// See Store::list. What NAS boxes and other systems leave about (folder_trash.hpp) is passed
    /// over.
    Result<void> list(std::string_view prefix, std::string_view after,
                      const std::function<bool(const ObjectInfo&)>& each) const;

    /// Calls `each` with the names of the files in one folder and when they changed last (seconds
    /// since 1970 by the clock of whoever keeps the files).
    Result<void>
    each_file(std::string_view folder,
              const std::function<void(const std::string& name, std::int64_t changed)>& each) const;

private:
    struct Modes {
        mode_t file;
        mode_t folder;
    };
    using KnownFolders = std::set<std::string, std::less<>>;

    FolderTree(std::string path, util::Fd root, Modes modes, Naming naming)
        : path_(std::move(path)), root_(std::move(root)), modes_(modes),
          naming_(std::make_unique<std::atomic<Naming>>(naming)),
          known_(std::make_unique<util::Guarded<KnownFolders>>()) {}

    Result<util::Fd> open_folder_of(std::string_view name) const;
    Result<void> make_folder(std::string_view folder) const;
    Result<void> make_one_folder(std::string_view folder) const;
    Result<void> sync_folder(std::string_view folder) const;
    Result<void> check_root() const;
    template <class Work>
    auto with_folder_of(std::string_view name, const Work& work) const;
    Result<util::Fd> create_file_there(std::string_view name) const;
    Result<Put> give_name(std::string_view from, std::string_view to) const;
    /// One file that is to get a name.
    struct Step {
        int from_folder;
        const std::string& from;
        int to_folder;
        const std::string& to;
        std::string_view name; ///< for messages
    };
    /// nullopt: the file system can't do it
    Result<std::optional<Put>> give_name_by_rename(const Step& step) const;
    Result<std::optional<Put>> give_name_by_link(const Step& step) const;
    Result<Put> give_name_by_looking(const Step& step) const;

    std::string path_;
    util::Fd root_;
    Modes modes_;
    std::unique_ptr<std::atomic<Naming>> naming_; // what worked last
    // Folders that are there, durably, as far as this process knows: 256 of packs and a few more.
    std::unique_ptr<util::Guarded<KnownFolders>> known_; // a pointer: a Guarded can't be moved
};

} // namespace saoluu::store
