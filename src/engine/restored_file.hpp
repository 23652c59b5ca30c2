// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/restore_metadata.hpp"
#include "engine/restore_target.hpp"
#include "format/entry.hpp"
#include "util/file.hpp"

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace saoluu::engine {

/// Which file of a machine something is.
struct FileIdentity {
    dev_t device = 0;
    ino_t number = 0;
    static FileIdentity of(const struct stat& info) { return {info.st_dev, info.st_ino}; }
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// A file that is being restored: written under a temporary name beside its own, in any order, and
/// given its own name when it is whole. What is not published is removed.
/// Threads: one at a time, open() apart.
class RestoredFile {
public:
    /// path: in the target
    RestoredFile(const RestoreTarget& target, std::string path)
        : target_(target), path_(std::move(path)) {}
    RestoredFile(const RestoredFile&) = delete;
    RestoredFile& operator=(const RestoredFile&) = delete;
    ~RestoredFile() { discard(); }

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string name() const { return std::string(split_path(path_).second); }

    /// Opens what was written so far; makes the temporary file the first time.
    /// folder: that the path lies in
    /// errors: denied if someone put something else in its place
    Result<util::Fd> open(int folder);
    [[nodiscard]] bool is_begun() const { return !temporary_.empty(); }

    /// What publishing does with something of that name.
    enum class Existing { refuse, replace };
    struct Published {
        MetadataOutcome metadata;
        FileIdentity identity;
    };
    /// Sets size and metadata and gives the file its name. fd: of open(); closed
    /// errors: exists if something has that name, or a folder, which nothing replaces
    Result<Published> publish(int folder, util::Fd fd, const format::Entry& entry,
                              Existing existing);
    void discard();

private:
    [[nodiscard]] Result<util::Fd> reopen(int folder) const;
    [[nodiscard]] Result<util::Fd> create(int folder);

    const RestoreTarget& target_;
    std::string path_;
    std::string temporary_;
    FileIdentity identity_;
};

/// Gives what has a temporary name in a folder its own.
/// path: for messages. errors: exists, as RestoredFile::publish
Result<void> give_name(int folder, const std::string& temporary, const std::string& name,
                       RestoredFile::Existing existing, std::string_view path);

Result<void> write_at(int fd, std::uint64_t offset, util::BytesView bytes, std::string_view path);

/// The temporary files that were written to last, kept open: many more are under way than may be
/// open. Threads: any.
class OpenTemporaries {
public:
    using File = std::shared_ptr<util::Fd>;

    /// The descriptor of a file; a writer goes on with it while others push it out.
    Result<File> get(RestoredFile& file, int folder);
    /// Takes it out: nobody needs it any more.
    File take(const RestoredFile& file);

private:
    // A core has few files in hand at a time; the chunks of a large one lie side by side in its
    // packs. Far below the 1,024 that a process may have open where nobody raised it.
    static constexpr std::size_t kMost = 256;

    struct Entry {
        const RestoredFile* file;
        File fd;
    };
    std::mutex mutex_;
    std::list<Entry> files_; ///< the last used first
    std::unordered_map<const RestoredFile*, std::list<Entry>::iterator> places_;
};

} // namespace saoluu::engine
