// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace saoluu::store {

/// What is asked of a store, as a FaultStore counts it. A stage and its commit are one each; what
/// is appended is not counted one by one: nobody can see it.
enum class Operation { put, stage, commit, get, read, list, stat, remove };

enum class Fault {
    none,
    fail,        ///< nothing was done
    tear,        ///< stopped half-way: of a put a part lies in the store's tmp/, of a listing the
                 ///< first half was shown, of a read the first half of the buffer is filled
    lose_answer, ///< done, but the answer got lost
};

/// When a FaultStore strikes.
struct FaultPlan {
    std::uint64_t at = 0; ///< the n-th operation from now on, from 1; 0: never
    Fault fault = Fault::none;
    ErrorKind kind = ErrorKind::io; ///< what it reports, as an error that may be tried again
    /// The process died there: every later operation fails, and does nothing.
    enum class Then { works, is_dead } then = Then::works;
    std::string object = {}; ///< if not empty: every get and read of this object fails as well, as
                             ///< where it lies on a bad sector
};

/// One operation, as the caller saw it.
struct Recorded {
    Operation operation;
    std::string name; ///< of a listing its prefix, of a stage empty
    bool succeeded;
};

/// For tests: passes everything on to another store, counts it, and fails where it was told to.
/// Threads: as any store; with several of them, which operation is the n-th is a matter of chance.
class FaultStore final : public Store {
public:
    explicit FaultStore(std::unique_ptr<Store> base);
    /// base: must outlive it
    explicit FaultStore(Store& base);
    ~FaultStore() override;

    /// Counts from 1 again.
    void plan(const FaultPlan& plan);
    /// Since the last plan().
    [[nodiscard]] std::uint64_t operations() const;
    /// The planned fault has happened.
    [[nodiscard]] bool has_struck() const;
    /// What happened since it was made; forgets it.
    std::vector<Recorded> take_record();

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

private:
    struct Impl;
    class InFlight;
    std::unique_ptr<Impl> impl_;
};

} // namespace saoluu::store
