// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/entry.hpp"

#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>

namespace saoluu::engine {

/// What kind of file a mode says; nothing for one that a catalog has no type for.
std::optional<format::FileType> type_of(mode_t mode);

/// Mode, owner, times and device numbers; type, path and content stay as they are.
void describe(format::Entry& entry, const struct stat& info);

/// Reads the extended attributes of an open file (POSIX ACLs among them, as the system gives them:
/// `system.posix_acl_access`); none where its file system has none. Ascending by name.
/// returns: 0; else errno, E2BIG if there are more than an entry can hold: `xattrs` is empty then
int read_xattrs(int fd, std::vector<format::Xattr>& xattrs);
/// The same of what has that name in a folder, without opening or following it.
int read_xattrs_at(int folder, const std::string& name, std::vector<format::Xattr>& xattrs);

} // namespace saoluu::engine
