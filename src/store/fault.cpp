// SPDX-License-Identifier: Apache-2.0
#include "store/fault.hpp"

#include "util/guarded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace saoluu::store {
namespace {

struct State {
    FaultPlan plan;
    std::uint64_t count = 0;
    bool has_struck = false;
    std::vector<Recorded> record;
    std::vector<std::unique_ptr<Staged>> torn; // kept, so that their rubbish stays in tmp/
};

} // namespace

struct FaultStore::Impl {
    std::unique_ptr<Store> owned;
    Store& base;
    util::Guarded<State> state;

    explicit Impl(std::unique_ptr<Store> store) : owned(std::move(store)), base(*owned) {}
    explicit Impl(Store& store) : base(store) {}

    struct Fate {
        Fault fault;
        Error error;
    };

    /// What is to happen to the next operation.
    Fate next(Operation operation, std::string_view name) {
        return state.with([&](State& now) {
            ++now.count;
            const bool is_dead = now.has_struck && now.plan.then == FaultPlan::Then::is_dead;
            const bool strikes = now.count == now.plan.at && now.plan.fault != Fault::none;
            const bool is_on_bad_sector =
                !now.plan.object.empty() && name == now.plan.object &&
                (operation == Operation::get || operation == Operation::read);
            now.has_struck |= strikes || is_on_bad_sector;
            Error error(now.plan.kind, fmt::format("{}: injected fault in operation {} ({})", name,
                                                   now.count, static_cast<int>(operation)));
            const Fault fault = is_dead || is_on_bad_sector ? Fault::fail
                                : strikes                   ? now.plan.fault
                                                            : Fault::none;
            return Fate{fault, std::move(error).with_retry()};
        });
    }

    /// One operation: `work` does it, `half` does the part of it that a tear leaves.
    template <class Work, class Half>
    auto run(Operation operation, std::string_view name, const Work& work, const Half& half)
        -> decltype(work()) {
        const Fate fate = next(operation, name);
        const auto outcome = [&]() -> decltype(work()) {
            if (fate.fault == Fault::none)
                return work();
            if (fate.fault == Fault::tear)
                half();
            if (fate.fault == Fault::lose_answer)
                (void)work();
            return Failure(fate.error);
        };
        auto result = outcome();
        state.with([&, succeeded = result.has_value()](State& now) {
            now.record.push_back({operation, std::string(name), succeeded});
        });
        return result;
    }
    template <class Work>
    auto run(Operation operation, std::string_view name, const Work& work) -> decltype(work()) {
        return run(operation, name, work, [] {});
    }

    void keep(std::unique_ptr<Staged> torn) {
        state.with([&](State& now) { now.torn.push_back(std::move(torn)); });
    }
};

/// A staged object whose commit may go wrong.
class FaultStore::InFlight final : public Staged {
public:
    InFlight(Impl& impl, std::unique_ptr<Staged> base) : impl_(impl), base_(std::move(base)) {}

    Result<void> append(util::BytesView bytes) override { return base_->append(bytes); }
    Result<Put> commit(std::string_view name) override {
        return impl_.run(
            Operation::commit, name, [&] { return base_->commit(name); },
            [&] { impl_.keep(std::move(base_)); });
    }

private:
    Impl& impl_;
    std::unique_ptr<Staged> base_;
};

FaultStore::FaultStore(std::unique_ptr<Store> base)
    : impl_(std::make_unique<Impl>(std::move(base))) {}
FaultStore::FaultStore(Store& base) : impl_(std::make_unique<Impl>(base)) {}
FaultStore::~FaultStore() = default;

void FaultStore::plan(const FaultPlan& plan) {
    impl_->state.with([&](State& now) {
        now.plan = plan;
        now.count = 0;
        now.has_struck = false;
    });
}

std::uint64_t FaultStore::operations() const {
    return impl_->state.with([](State& now) { return now.count; });
}

bool FaultStore::has_struck() const {
    return impl_->state.with([](State& now) { return now.has_struck; });
}

std::vector<Recorded> FaultStore::take_record() {
    return impl_->state.with([](State& now) { return std::exchange(now.record, {}); });
}

Result<Put> FaultStore::put(std::string_view name, util::BytesView bytes) {
    const auto half = [&] {
        Result<std::unique_ptr<Staged>> staged = impl_->base.stage();
        if (staged && (*staged)->append(bytes.first(bytes.size() / 2)))
            impl_->keep(*std::move(staged));
    };
    return impl_->run(
        Operation::put, name, [&] { return impl_->base.put(name, bytes); }, half);
}

Result<std::unique_ptr<Staged>> FaultStore::stage() {
    return impl_->run(Operation::stage, {}, [&]() -> Result<std::unique_ptr<Staged>> {
        return std::unique_ptr<Staged>(
            std::make_unique<InFlight>(*impl_, TRY(impl_->base.stage())));
    });
}

Result<Put> FaultStore::put_from(std::string_view name, const Source& source) {
    return impl_->run(Operation::put, name, [&] { return impl_->base.put_from(name, source); });
}

Result<util::Bytes> FaultStore::get(std::string_view name, std::uint64_t most) {
    return impl_->run(Operation::get, name, [&] { return impl_->base.get(name, most); });
}

Result<void> FaultStore::read(std::string_view name, std::uint64_t offset,
                              std::span<std::byte> out) {
    return impl_->run(
        Operation::read, name, [&] { return impl_->base.read(name, offset, out); },
        [&] { (void)impl_->base.read(name, offset, out.first(out.size() / 2)); });
}

Result<void> FaultStore::list(std::string_view prefix, std::string_view after,
                              const std::function<bool(const ObjectInfo&)>& each) {
    const auto half = [&] {
        std::vector<ObjectInfo> all;
        (void)impl_->base.list(prefix, after, [&](const ObjectInfo& object) {
            all.push_back(object);
            return true;
        });
        for (std::size_t i = 0; i < all.size() / 2 && each(all[i]); ++i) {
        }
    };
    return impl_->run(
        Operation::list, prefix, [&] { return impl_->base.list(prefix, after, each); }, half);
}

Result<ObjectInfo> FaultStore::stat(std::string_view name) {
    return impl_->run(Operation::stat, name, [&] { return impl_->base.stat(name); });
}

Result<std::optional<std::int64_t>> FaultStore::retained_until(std::string_view name) {
    return impl_->run(Operation::stat, name, [&] { return impl_->base.retained_until(name); });
}

Result<void> FaultStore::remove(std::string_view name) {
    return impl_->run(Operation::remove, name, [&] { return impl_->base.remove(name); });
}

void FaultStore::will_read(std::string_view name, std::uint64_t offset, std::uint64_t size) {
    impl_->base.will_read(name, offset, size);
}

Nature FaultStore::nature() const {
    return impl_->base.nature();
}

void FaultStore::use(const Ways& ways) {
    impl_->base.use(ways);
}

Result<Facts> FaultStore::find_out() {
    return impl_->base.find_out();
}

std::string FaultStore::describe() const {
    return impl_->base.describe();
}

std::string FaultStore::local_folder() const {
    return impl_->base.local_folder();
}

} // namespace saoluu::store
