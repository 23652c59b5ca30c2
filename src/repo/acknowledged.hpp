// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/access.hpp"

#include <optional>

namespace saoluu::repo {

/// The last commit whose `done` the store acknowledged to this machine, kept so that the next
/// ledger entry can say *seen* even where the store takes `done` back in between. Losing it loses
/// only that. The caller holds the ledger's lock.
std::optional<format::EntryHash> last_acknowledged(const Access& access);
/// errors: as writing a file
Result<void> acknowledge(const Access& access, const format::EntryHash& commit);

} // namespace saoluu::repo
