// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

#include <memory>
#include <string>

namespace saoluu::store {

/// Whether an existing folder is demanded, or a missing one is made (by `init` only).
enum class MissingFolder { refuse, create };

/// Objects as files in a folder of a local disk or a NAS mount. A file is written under tmp/ of the
/// folder, synced, and given its name without overwriting (renameat2 RENAME_NOREPLACE, else link,
/// else looking before a plain rename, and then nature() says so); then the folders are synced.
/// What a crash left in tmp/ is removed a day later. The folder is opened once and held; nothing
/// outside of it is reached, symbolic links in it are not followed. modes: files 0600, folders
/// 0700. Where the folder itself lets its group read: 0640, 0750; and
///        write: 0660, 0770 (with the folder's setgid bit). Others never have any.
/// errors: no_repository if the folder is missing and refused; denied, io
Result<std::unique_ptr<Store>> open_local_store(const std::string& folder, MissingFolder missing);

} // namespace saoluu::store
