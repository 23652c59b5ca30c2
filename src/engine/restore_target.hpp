// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/entry.hpp"
#include "util/file.hpp"

#include "saoluu/result.hpp"

#include <memory>
#include <string>
#include <string_view>

#include <sys/stat.h>

namespace saoluu::engine {

/// What could not be set of an entry's metadata.
struct MetadataOutcome {
    bool owner = true;
    bool mode = true;
    bool times = true;
    bool has_dropped_bits = false; ///< setuid, setgid of a file: set only when asked for
    [[nodiscard]] bool is_whole() const { return owner && mode && times; }
};

/// The folder that a restore writes into. Nothing outside it can be reached: every path is opened
/// beneath it, no symbolic link is ever followed (openat2 with RESOLVE_BENEATH and
/// RESOLVE_NO_SYMLINKS; part by part with O_NOFOLLOW on kernels without it), and nothing that
/// exists is overwritten. Threads: const functions by many.
class RestoreTarget {
public:
    /// Opens the folder, making it if it is missing.
    static Result<RestoreTarget> open(const std::string& folder);

    /// A folder of the target, by a path relative to it ("" = the target).
    /// errors: as openat; denied where a link is in the way
    Result<util::Fd> folder(std::string_view path) const;
    /// The folder that an entry at `path` lies in, and its name there.
    struct Place {
        util::Fd folder;
        std::string name;
    };
    Result<Place> place(std::string_view path) const;

    /// errors: exists if something other than a folder is there
    Result<void> make_folder(std::string_view path) const;
    /// A symbolic link, or FIFO. True: it was there already, the same.
    /// errors: exists if something else is there
    Result<bool> make_special(std::string_view path, const format::Entry& entry) const;

    /// Everything is on disk.
    Result<void> sync() const;

private:
    explicit RestoreTarget(util::Fd root) : root_(std::make_unique<util::Fd>(std::move(root))) {}
    std::unique_ptr<util::Fd> root_;
};

/// Owner, mode and times of an open file or folder.
MetadataOutcome set_metadata(int fd, const format::Entry& entry);
/// Owner and times of a link, and these and the mode of a FIFO, by their names. No link is
/// followed.
MetadataOutcome set_metadata_at(int folder, const std::string& name, const format::Entry& entry);
/// Whether a file, link or FIFO has already what these would set.
bool has_metadata(const struct stat& info, const format::Entry& entry);
/// Whether setting metadata would change something that has names outside of what is restored.
/// errors: exists, if so
Result<void> may_set_metadata(const struct stat& info, const format::Entry& entry);

/// A file that is being restored: written under another name beside its own, and given its own name
/// when it is whole.
class RestoredFile {
public:
    /// folder: borrowed while the file lives; path: for messages. Whether the name is free shows
    /// when the file gets it.
    static Result<RestoredFile> create(int folder, std::string name, std::string_view path);
    RestoredFile(RestoredFile&&) noexcept = default;
    RestoredFile& operator=(RestoredFile&&) noexcept = delete;
    ~RestoredFile();

    Result<void> write_at(std::uint64_t offset, util::BytesView bytes);
    /// Sets size and metadata and gives the file its name.
    /// errors: exists if something has that name
    Result<MetadataOutcome> publish(const format::Entry& entry);

private:
    RestoredFile(int folder, std::string name, std::string temporary, util::Fd fd)
        : folder_(folder), name_(std::move(name)), temporary_(std::move(temporary)),
          fd_(std::move(fd)) {}
    int folder_;
    std::string name_;
    std::string temporary_;
    util::Fd fd_;
};

} // namespace saoluu::engine
