// SPDX-License-Identifier: Apache-2.0
#include "store/folder_trash.hpp"

#include <algorithm>
#include <array>

namespace saoluu::store {

bool is_trash(std::string_view name) {
    constexpr std::array<std::string_view, 18> kFolders = {
        // Synology, QNAP, NetApp, ZFS and others
        "@eaDir/", "@tmp/", "@Recycle/", "@Recently-Snapshot/", "#recycle/", "#snapshot/",
        ".recycle/", ".snapshot/", ".snapshots/", ".zfs/", ".@__thumb/",
        // macOS, Windows, Linux desktops
        ".AppleDouble/", ".Spotlight-V100/", ".TemporaryItems/", ".Trashes/", ".fseventsd/",
        "$RECYCLE.BIN/", "System Volume Information/"};
    constexpr std::array<std::string_view, 4> kFiles = {".DS_Store", "Thumbs.db", "desktop.ini",
                                                        ".directory"};
    // Removed while open: NFS, SMB, FUSE; and what macOS adds to a file.
    constexpr std::array<std::string_view, 4> kBeginnings = {".nfs", ".smbdelete", ".fuse_hidden",
                                                             "._"};
    if (name.ends_with('/'))
        return std::ranges::find(kFolders, name) != kFolders.end() || name.starts_with(".Trash-");
    return std::ranges::find(kFiles, name) != kFiles.end() ||
           std::ranges::any_of(kBeginnings,
                               [&](std::string_view begin) { return name.starts_with(begin); });
}

} // namespace saoluu::store
