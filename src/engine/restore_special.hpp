// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/file_restorer.hpp"

#include <string>

namespace saoluu::engine {

/// Restores a symbolic link, FIFO or device, which is never opened or followed: it is made under a
/// temporary name, pinned, given its metadata and then its name.
/// path: in the target. is_in_new_folder: nothing can have that name
/// errors: what ends the run
Result<void> restore_special(const RestoreContext& context, const std::string& path,
                             const format::Entry& entry, bool is_in_new_folder);

} // namespace saoluu::engine
