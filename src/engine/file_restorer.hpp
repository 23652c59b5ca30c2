// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/locked_events.hpp"
#include "engine/restore_target.hpp"
#include "repo/chunk_reader.hpp"
#include "util/guarded.hpp"

#include "saoluu/restore.hpp"

namespace saoluu::engine {

/// What a restore has done so far, counted by all its threads, and told.
class RestoreTally {
public:
    explicit RestoreTally(LockedEvents& events) : events_(events) {}

    void add(std::uint64_t RestoreSummary::*what, std::uint64_t amount = 1);
    void damaged(const std::string& path, const std::string& why);
    /// The target did not take an entry. What would hit every entry (no space, no memory) ends the
    /// run instead.
    Result<void> failed(const std::string& path, const Error& error);
    void metadata(const std::string& path, const MetadataOutcome& outcome);
    void restored_file(const std::string& path, std::uint64_t bytes);
    [[nodiscard]] std::uint64_t damaged_so_far();
    RestoreSummary take();

private:
    LockedEvents& events_;
    util::Guarded<RestoreSummary> summary_;
};

/// Restores files, one after the other. One per thread.
class FileRestorer {
public:
    FileRestorer(const repo::Access& access, const repo::Index& index, format::Domain domain,
                 const RestoreTarget& target, RestoreTally& tally)
        : access_(access), chunks_(access, index), domain_(domain), target_(target), tally_(tally) {
    }

    /// path: relative to the target. Damage and what the target won't take are counted.
    /// errors: what ends the run
    Result<void> restore(const std::string& path, const format::Entry& entry);

private:
    /// What the target has under a file's name.
    struct Found {
        enum class Content { nothing, other, same } content = Content::other;
        util::Fd fd; ///< of the same
        struct stat info {};
    };
    Result<void> write(const std::string& name, const std::string& path,
                       const format::Entry& entry);
    Found look(const std::string& name, const std::string& path, const format::Entry& entry);
    Result<void> keep(const Found& found, const format::Entry& entry);
    /// Opens the folder that the path lies in, unless the file before lay there; the name in it.
    Result<std::string> go_to(const std::string& path);
    /// errors: corrupt for one that can't be read; io where the whole store is gone
    Result<util::BytesView> read(const format::ChunkId& id);

    const repo::Access& access_;
    repo::ChunkReader chunks_;
    format::Domain domain_;
    const RestoreTarget& target_;
    RestoreTally& tally_;
    // Files come folder by folder: opening each one's anew cost more than a small file itself.
    std::string folder_path_;
    util::Fd folder_;
    util::Bytes buffer_;
};

} // namespace saoluu::engine
