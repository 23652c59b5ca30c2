// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace saoluu::test {

/// Passes everything on to another store, and notes which bytes of each object are read.
class CountingStore final : public store::Store {
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
        : base_(std::move(base)), reads_(std::move(reads)) {}

    Result<store::Put> put(std::string_view name, util::BytesView bytes) override {
        return base_->put(name, bytes);
    }
    Result<std::unique_ptr<store::Staged>> stage() override { return base_->stage(); }
    Result<util::Bytes> get(std::string_view name, std::uint64_t most) override {
        return base_->get(name, most);
    }
    Result<void> read(std::string_view name, std::uint64_t offset,
                      std::span<std::byte> out) override {
        {
            const std::lock_guard lock(reads_->mutex);
            reads_->of[std::string(name)].push_back({offset, out.size()});
        }
        return base_->read(name, offset, out);
    }
    Result<void> list(std::string_view prefix, std::string_view after,
                      const std::function<bool(const store::ObjectInfo&)>& each) override {
        return base_->list(prefix, after, each);
    }
    Result<store::ObjectInfo> stat(std::string_view name) override { return base_->stat(name); }
    Result<void> remove(std::string_view name) override { return base_->remove(name); }
    [[nodiscard]] std::string describe() const override { return base_->describe(); }
    [[nodiscard]] std::string local_folder() const override { return base_->local_folder(); }

private:
    std::unique_ptr<store::Store> base_;
    std::shared_ptr<Reads> reads_;
};

} // namespace saoluu::test
