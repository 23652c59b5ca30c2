// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

#include <memory>
#include <string>

namespace saoluu::store {

/// Whether an existing folder is demanded, or a missing one is made (by `init` only).
enum class MissingFolder { refuse, create };

/// Objects as files in a folder of a local disk or a NAS mount. A file is written under tmp/ of the
/// folder, synced, and given its name without overwriting (renameat2 RENAME_NOREPLACE, else link);
/// then the folders are synced. Files are made with mode 0600 (folders 0700), or as the folder's
/// own mode says for a group: see local.cpp. errors: no_repository if the folder is missing and
/// refused; denied, io
Result<std::unique_ptr<Store>> open_local_store(const std::string& folder, MissingFolder missing);

} // namespace saoluu::store
