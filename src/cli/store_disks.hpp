// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/targets.hpp"

#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace saoluu::cli {

/// A store of the config file that lies on a disk of this machine, or on a share that is mounted.
struct StoreDisk {
    std::string store, folder;
};

/// Of the places that are such stores.
std::vector<StoreDisk> disks_of(std::span<const Target> targets);

/// How full they are, as summaries have it.
nlohmann::ordered_json space_of(const std::vector<StoreDisk>& disks);

} // namespace saoluu::cli
