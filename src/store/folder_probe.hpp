// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/folder_tree.hpp"
#include "store/store.hpp"

namespace saoluu::store {

/// What the file system below a tree can do, by trying with files under tmp/: "filesystem" (the
/// kernel's name of its type), and "yes" or "no" of "folder-sync", "link", "rename-noreplace",
/// "locks", "case" ("sensitive" or "insensitive"). Nothing of it has to be "yes".
/// errors: where no file can be made
Result<Facts> find_out_folder(const FolderTree& tree);

} // namespace saoluu::store
