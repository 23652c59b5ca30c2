// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace saoluu::engine {

/// A file system that a table of mounts names (fstab(5)).
struct PlannedMount {
    std::string source; ///< "nas:/export", "UUID=…"
    std::string point;  ///< where it belongs; absolute
};

/// The lines of such a file; none where it can't be read. Swap and what has no place are left out.
std::vector<PlannedMount> read_fstab(const std::string& path);

/// What of it belongs at `path`, above it or below it, and is not mounted, in words; empty if
/// nothing is missing there, as far as it is known.
/// path: absolute; planned, mounted: where file systems belong, and where some are
std::string explain_unmounted(const std::string& path, const std::vector<PlannedMount>& planned,
                              const std::vector<std::string>& mounted);
/// The same of this machine: /etc/fstab against what is mounted; and of /mnt/x and /media/x, where
/// people expect a disk or a share.
std::string unmounted_below(const std::string& path);

} // namespace saoluu::engine
