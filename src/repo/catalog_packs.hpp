// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace saoluu::repo {

/// Packs of catalogs, for stores where each request is a way over a network: the first page that
/// is read from one fetches it whole, because its neighbours are asked for next. As the store gave
/// them: whoever reads from here verifies, and forgets a pack that is not as it should be.
/// Threads: any number; one fetches at a time, so that nothing is fetched twice.
/// memory: kPacks times kMostSize
class CatalogPacks {
public:
    static constexpr std::size_t kPacks = 2;
    /// Those of a backup have 8 MiB, a page, and their directory.
    static constexpr std::uint64_t kMostSize = std::uint64_t{10} << 20;

    /// As the store's read(). size: what the index says of the pack; one that is larger than
    /// kMostSize, or that can't be read with this size, is read piece by piece.
    Result<void> read(store::Store& store, const std::string& name, std::uint64_t size,
                      std::uint64_t offset, std::span<std::byte> out);
    void forget(const std::string& name);

private:
    std::mutex mutex_;
    std::list<std::pair<std::string, util::Bytes>> packs_; ///< the last used first
};

} // namespace saoluu::repo
