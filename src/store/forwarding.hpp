// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

#include <memory>
#include <string>
#include <utility>

namespace saoluu::store {

/// Passes everything on: a base for stores that change one thing of another.
class ForwardingStore : public Store {
public:
    explicit ForwardingStore(std::unique_ptr<Store> base)
        : owned_(std::move(base)), base_(owned_.get()) {}
    /// base: must outlive it
    explicit ForwardingStore(Store& base) : base_(&base) {}

    Result<Put> put(std::string_view name, util::BytesView bytes) override;
    Result<std::unique_ptr<Staged>> stage() override;
    Result<Put> put_from(std::string_view name, const Source& source) override;
    Result<util::Bytes> get(std::string_view name, std::uint64_t most) override;
    Result<void> read(std::string_view name, std::uint64_t offset,
                      std::span<std::byte> out) override;
    Result<void> list(std::string_view prefix, std::string_view after,
                      const std::function<bool(const ObjectInfo&)>& each) override;
    Result<ObjectInfo> stat(std::string_view name) override;
    Result<std::optional<std::int64_t>> retained_until(std::string_view name) override;
    Result<void> remove(std::string_view name) override;
    void will_read(std::string_view name, std::uint64_t offset, std::uint64_t size) override;
    [[nodiscard]] Nature nature() const override;
    void use(const Ways& ways) override;
    Result<Facts> find_out() override;
    [[nodiscard]] std::string describe() const override;
    [[nodiscard]] std::string local_folder() const override;

protected:
    [[nodiscard]] Store& base() const { return *base_; }

private:
    std::unique_ptr<Store> owned_;
    Store* base_;
};

} // namespace saoluu::store
