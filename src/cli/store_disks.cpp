// SPDX-License-Identifier: Apache-2.0
#include "cli/store_disks.hpp"

#include "util/file.hpp"

#include <string_view>

#include <nlohmann/json.hpp>

namespace saoluu::cli {

std::vector<StoreDisk> disks_of(std::span<const Target> targets) {
    constexpr std::string_view kFile = "file://";
    std::vector<StoreDisk> disks;
    for (const Target& target : targets) {
        std::string_view folder = target.location;
        if (folder.starts_with(kFile))
            folder.remove_prefix(kFile.size());
        if (!target.name.empty() && folder.starts_with('/'))
            disks.push_back({.store = target.name, .folder = std::string(folder)});
    }
    return disks;
}

nlohmann::ordered_json space_of(const std::vector<StoreDisk>& disks) {
    auto all = nlohmann::ordered_json::array();
    for (const StoreDisk& disk : disks)
        if (const auto space = util::disk_space(disk.folder))
            all.push_back({{"store", disk.store},
                           {"free_bytes", space->free_bytes},
                           {"total_bytes", space->total_bytes}});
    return all;
}

} // namespace saoluu::cli
