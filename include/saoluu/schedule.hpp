// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"
#include "saoluu/result.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace saoluu {

/// The first moments behind `from` that calendar expressions name, systemd's OnCalendar as the
/// config file has them: in their order, each once. Fewer than `count` where no more come.
/// zone: by name, as in the config file; empty: the machine's
/// errors: usage, says which part makes no sense and how one is written, or that none ever comes
Result<std::vector<UnixTime>> next_runs(const std::vector<std::string>& expressions,
                                        const std::string& zone, UnixTime from, std::size_t count);

} // namespace saoluu
