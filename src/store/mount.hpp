// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace saoluu::store {

/// What a folder lies on. Paths are bytes, as the kernel has them.
struct Mount {
    std::uint64_t id = 0; ///< the kernel's, until it is unmounted
    std::string device;   ///< "8:1"
    std::string point;    ///< where it is mounted
    std::string type;     ///< ext4, nfs4, cifs, …
    std::string source;   ///< nas:/export, //nas/share, UUID=…, /dev/sdb1
    bool operator==(const Mount&) const = default;
};

/// The lines of /proc/self/mountinfo (proc(5)), in their order; what is no such line is passed
/// over.
std::vector<Mount> parse_mountinfo(std::string_view text);

/// The mount that a folder lies on. Where it is missing, that of the nearest folder above it which
/// is there. Of a local disk the source is its file system's UUID, where the system knows it: names
/// such as /dev/sdb1 go to whichever disk comes first.
/// path: absolute
/// errors: io, denied
Result<Mount> mount_of(const std::string& path);
/// The same of what is open already.
Result<Mount> mount_of(int fd);

/// "nas:/export (nfs4)", for messages.
std::string describe(const Mount& mount);

/// A path where people expect a disk or a share, /mnt/x, /media/x, or /run/media/x, while none is
/// mounted there: what is written goes to the disk of the system.
/// path: absolute, without symbolic links
bool is_missing_mount(std::string_view path, const Mount& mount);

} // namespace saoluu::store
