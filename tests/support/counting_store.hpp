// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/forwarding.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace saoluu::test {

/// Passes everything on to another store, and notes which bytes of each object are read.
class CountingStore final : public store::ForwardingStore {
public:
    struct Read {
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
    };
    /// By object; outlives the store.
    struct Reads {
        std::mutex mutex;
        std::map<std::string, std::vector<Read>> of;
    };

    CountingStore(std::unique_ptr<store::Store> base, std::shared_ptr<Reads> reads)
        : ForwardingStore(std::move(base)), reads_(std::move(reads)) {}

    Result<void> read(std::string_view name, std::uint64_t offset,
                      std::span<std::byte> out) override {
        {
            const std::lock_guard lock(reads_->mutex);
            reads_->of[std::string(name)].push_back({offset, out.size()});
        }
        return base().read(name, offset, out);
    }

private:
    std::shared_ptr<Reads> reads_;
};

} // namespace saoluu::test
