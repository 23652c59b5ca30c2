// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/restore_metadata.hpp"
#include "format/entry.hpp"
#include "repo/chunk_reader.hpp"
#include "util/file.hpp"

#include "saoluu/restore.hpp"

#include <functional>
#include <optional>
#include <string>

#include <sys/stat.h>

namespace saoluu::engine {

/// What has an entry's name in the target already, pinned so that it stays the same thing while it
/// is looked at and its metadata is set.
struct Existing {
    util::Fd fd;
    Held held = Held::pinned;
    struct stat info {};
};

/// Nothing, if nothing has that name. A file is open where it can be read.
/// errors: as opening
Result<std::optional<Existing>> find_existing(int folder, const std::string& name,
                                              std::string_view path);

/// What becomes of something that is there and differs from the entry.
enum class Fate { stays, is_kept, goes };
/// stays: that is a finding; is_kept: as was asked for; goes: it is replaced
/// errors: exists, if a folder is there
Result<Fate> fate_of(const Existing& existing, const format::Entry& entry, Overwrite overwrite);

/// Compares files with what a snapshot says of them. It needs no stored data, because a chunk's id
/// is a keyed hash of what must be there. For one thread.
class ContentCheck {
public:
    /// chunks: reads lists of chunks
    ContentCheck(const repo::Access& access, repo::ChunkReader& chunks, format::Domain domain,
                 std::function<bool()> is_stopping)
        : access_(access), chunks_(chunks), domain_(domain), is_stopping_(std::move(is_stopping)) {}

    /// Whether the open file has this entry's content. False where that can't be told.
    bool has_content(int fd, const format::Entry& entry);

    /// Whether the whole file has the hash that its entry gives; holes are not read.
    /// errors: as reading; unsupported for holes longer than kMostHashedHoles
    Result<bool> has_hash(int fd, const format::Entry& entry);

private:
    /// At 1 GiB of nothing a second that is a quarter of an hour.
    static constexpr std::uint64_t kMostHashedHoles = std::uint64_t{1} << 40;
    Result<void> compare(int fd, const format::Entry& entry);
    Result<bool> is_zero(int fd, std::uint64_t from, std::uint64_t length);

    const repo::Access& access_;
    repo::ChunkReader& chunks_;
    format::Domain domain_;
    std::function<bool()> is_stopping_;
    util::Bytes buffer_;
};

} // namespace saoluu::engine
