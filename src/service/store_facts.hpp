// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/work.hpp"

#include "saoluu/service_status.hpp"

#include <optional>
#include <string>

namespace saoluu::service {

/// What the service knows of a store, from the checks and the runs.
struct StoreFacts {
    std::optional<UnixTime> last_check; ///< end of the last that was done
    std::optional<double> seen_percent;
    std::uint64_t damaged_packs = 0;
    bool damaged = false;     ///< in packs or anything else
    std::uint64_t alarms = 0; ///< signs of tampering
    std::optional<UnixTime> last_full_check;
    std::string last_full_check_by;
    std::optional<UnixTime> key_expires;
    std::optional<Space> space;
    std::optional<UnixTime> healed_whole; ///< when heal was last given the whole store
    /// The records were lost: when which job ran last is still to be asked there.
    bool is_to_recall = false;
};

/// As it is kept in a TaskRecord. What can't be read is taken for nothing.
std::string encode(const StoreFacts& facts);
StoreFacts decode_store_facts(const std::string& text);

} // namespace saoluu::service
