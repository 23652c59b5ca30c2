// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/patterns.hpp"

#include "saoluu/backup.hpp"

#include <optional>
#include <string>
#include <string_view>

#include <sys/stat.h>

namespace saoluu::engine {

/// What of the sources is backed up. Threads: const functions by many.
class Selection {
public:
    /// errors: usage for a pattern or number that makes no sense; as reading a file of patterns
    static Result<Selection> of(const BackupOptions& options);

    /// Why something is left out.
    enum class Reason { pattern, too_large, other_file_system, cache };

    /// Of something in a source; nothing if it is taken. path: below the source, not empty
    [[nodiscard]] std::optional<Reason> leaves_out(std::string_view path,
                                                   const struct stat& info) const;
    /// Whether what lies in a folder of a source is looked at: not beyond a mount point, if only
    /// one file system is wanted. Only folders tell: on overlays a file may have another number.
    [[nodiscard]] bool enters(const struct stat& folder, dev_t source_device) const {
        return !one_file_system_ || folder.st_dev == source_device;
    }
    /// Whether all but the tag itself is left out of a folder because it says that it is a cache
    /// (CACHEDIR.TAG; source: https://bford.info/cachedir/).
    [[nodiscard]] bool is_cache(int folder) const;

    static constexpr const char* kCacheTag = "CACHEDIR.TAG";

private:
    Patterns patterns_;
    std::optional<std::uint64_t> largest_;
    bool one_file_system_ = false;
    bool keep_caches_ = false;
};

} // namespace saoluu::engine
