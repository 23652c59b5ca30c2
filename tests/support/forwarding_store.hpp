// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

#include <memory>
#include <string>
#include <utility>

namespace saoluu::test {

/// Passes everything on: a base for stores of which a test changes one thing.
class ForwardingStore : public store::Store {
public:
    explicit ForwardingStore(std::unique_ptr<store::Store> base) : base_(std::move(base)) {}

    Result<store::Put> put(std::string_view name, util::BytesView bytes) override {
        return base_->put(name, bytes);
    }
    Result<std::unique_ptr<store::Staged>> stage() override { return base_->stage(); }
    Result<util::Bytes> get(std::string_view name, std::uint64_t most) override {
        return base_->get(name, most);
    }
    Result<void> read(std::string_view name, std::uint64_t offset,
                      std::span<std::byte> out) override {
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

protected:
    store::Store& base() const { return *base_; }

private:
    std::unique_ptr<store::Store> base_;
};

} // namespace saoluu::test
