// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/file_list.hpp"
#include "engine/locked_events.hpp"
#include "engine/scan.hpp"

#include "saoluu/backup.hpp"

#include <stop_token>

namespace saoluu::engine {

/// What a backup would do, as far as looking at the sources tells: no file is opened, nothing is
/// stored. known: what the last run knew, or null
/// returns: counts; bytes_read is what would be read
Result<BackupSummary> preview_backup(const Scanner& scanner, FileList* known, bool force_read,
                                     LockedEvents& events, const std::stop_token& stop);

} // namespace saoluu::engine
