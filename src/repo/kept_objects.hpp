// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/hash.hpp"
#include "util/bytes.hpp"

#include <optional>
#include <string>
#include <utility>

namespace saoluu::repo {

/// Small objects of a store behind a network that this machine read once (rosters, ledger entries,
/// marks): their names are their hashes, so what is kept is held against its name each time, and
/// never differs from what the store should have. Only listings say which of them are there. Files
/// in the cache, which anyone may delete. Threads and processes: any.
class KeptObjects {
public:
    /// folder: made when something is kept
    explicit KeptObjects(std::string folder) : folder_(std::move(folder)) {}

    /// Nothing if it is not kept, or damaged.
    [[nodiscard]] std::optional<util::Bytes> find(const crypto::Hash& hash,
                                                  std::uint64_t most) const;
    /// Unless the bytes have another hash. Failing to is harmless.
    void keep(const crypto::Hash& hash, util::BytesView bytes) const;

private:
    [[nodiscard]] std::string path_of(const crypto::Hash& hash) const;

    std::string folder_;
};

} // namespace saoluu::repo
