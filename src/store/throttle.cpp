// SPDX-License-Identifier: Apache-2.0
#include "store/throttle.hpp"

#include "store/forwarding.hpp"
#include "store/spool.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace saoluu::store {
namespace {

using util::tr;

constexpr std::uint64_t kMostBurst = 64 << 10;
/// A step of a download is a request: not so small that the way there and back takes most of it.
constexpr std::uint64_t kLeastStep = 256 << 10;
/// Where a limit may begin meanwhile: of a download without one.
constexpr std::uint64_t kFreeStep = 4 << 20;
constexpr std::uint64_t kNanoseconds = 1'000'000'000;

std::chrono::nanoseconds time_of(std::uint64_t bytes, std::uint64_t rate) {
    // Parts of a second apart, so that no size overflows.
    return std::chrono::seconds(bytes / rate) +
           std::chrono::nanoseconds(static_cast<std::uint64_t>(static_cast<double>(bytes % rate) *
                                                               static_cast<double>(kNanoseconds) /
                                                               static_cast<double>(rate)));
}

/// Each piece of it may be read when the rate allows it.
class PacedSource final : public Source {
public:
    PacedSource(const Source& base, RateLimit& limit) : base_(base), limit_(limit) {}
    [[nodiscard]] std::uint64_t size() const override { return base_.size(); }
    [[nodiscard]] crypto::Sha256 sha256() const override { return base_.sha256(); }
    Result<void> read(std::uint64_t offset, std::span<std::byte> out) const override {
        TRY(base_.read(offset, out));
        for (std::size_t left = out.size(); left != 0;) {
            const std::size_t step = std::min(left, limit_.even_piece());
            TRY(limit_.take(step));
            left -= step;
        }
        return {};
    }

private:
    const Source& base_;
    RateLimit& limit_;
};

class PacedStaged final : public Staged {
public:
    PacedStaged(std::unique_ptr<Staged> base, RateLimit& limit)
        : base_(std::move(base)), limit_(limit) {}
    Result<void> append(util::BytesView bytes) override {
        while (!bytes.empty()) {
            const std::size_t step = std::min(bytes.size(), limit_.even_piece());
            TRY(limit_.take(step));
            TRY(base_->append(bytes.first(step)));
            bytes = bytes.subspan(step);
        }
        return {};
    }
    Result<Put> commit(std::string_view name) override { return base_->commit(name); }

private:
    std::unique_ptr<Staged> base_;
    RateLimit& limit_;
};

class ThrottleStore final : public ForwardingStore {
public:
    ThrottleStore(std::unique_ptr<Store> base, const Reach& reach, Waiting& waiting,
                  const util::Clock& clock)
        : ForwardingStore(std::move(base)),
          up_(RatePlan(reach, RatePlan::Way::up, clock), reach.stop, waiting),
          down_(RatePlan(reach, RatePlan::Way::down, clock), reach.stop, waiting),
          spool_folder_(reach.spool_folder) {}

    Result<Put> put(std::string_view name, util::BytesView bytes) override {
        if (bytes.size() > up_.even_piece())
            return put_from(name, MemorySource(bytes));
        TRY(up_.take(bytes.size()));
        return base().put(name, bytes);
    }

    Result<Put> put_from(std::string_view name, const Source& source) override {
        if (!up_.is_limited())
            return base().put_from(name, source);
        return base().put_from(name, PacedSource(source, up_));
    }

    Result<std::unique_ptr<Staged>> stage() override {
        if (nature().is_remote) // what is spooled costs nothing until it is sent
            return stage_in_spool(*this, spool_folder_);
        if (!up_.is_limited())
            return base().stage();
        return std::unique_ptr<Staged>(std::make_unique<PacedStaged>(TRY(base().stage()), up_));
    }

    Result<util::Bytes> get(std::string_view name, std::uint64_t most) override {
        util::Bytes bytes = TRY(base().get(name, most));
        TRY(down_.take(bytes.size())); // how large it is shows only now: the next one waits for it
        return bytes;
    }

    Result<void> read(std::string_view name, std::uint64_t offset,
                      std::span<std::byte> out) override {
        if (!down_.is_limited() || out.empty())
            return base().read(name, offset, out);
        while (!out.empty()) {
            const std::uint64_t rate = down_.bytes_per_second();
            const std::uint64_t step =
                rate == 0 ? kFreeStep : std::clamp(rate / 2, kLeastStep, std::uint64_t{1} << 30);
            const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), step));
            const std::span<std::byte> piece = out.first(size);
            TRY(down_.take(piece.size()));
            TRY(base().read(name, offset, piece));
            offset += piece.size();
            out = out.subspan(piece.size());
        }
        return {};
    }

private:
    RateLimit up_;
    RateLimit down_;
    std::string spool_folder_;
};

} // namespace

RateLimit::RateLimit(RatePlan plan, std::stop_token stop, Waiting& waiting)
    : plan_(std::move(plan)), stop_(std::move(stop)), waiting_(waiting),
      paid_until_(waiting.now()) {}

std::size_t RateLimit::even_piece() const {
    if (!plan_.limits())
        return std::numeric_limits<std::size_t>::max();
    const std::uint64_t rate = plan_.now();
    if (rate == 0)
        return kMostBurst;
    return static_cast<std::size_t>(std::clamp<std::uint64_t>(rate / 4, 1, kMostBurst));
}

Result<void> RateLimit::take(std::uint64_t bytes) {
    while (bytes != 0) {
        const std::uint64_t rate = plan_.now();
        if (rate == 0)
            return {};
        const std::uint64_t step =
            plan_.varies() ? std::min(bytes, std::max<std::uint64_t>(1, rate / 4)) : bytes;
        TRY(take_at(step, rate));
        bytes -= step;
    }
    return {};
}

Result<void> RateLimit::take_at(std::uint64_t bytes, std::uint64_t rate) {
    using namespace std::chrono_literals;
    const Waiting::Duration saved = std::min<std::chrono::nanoseconds>(
        250ms, std::max<std::chrono::nanoseconds>(20ms, time_of(kMostBurst, rate)));
    Waiting::Duration pause{};
    {
        const std::lock_guard lock(mutex_);
        const Waiting::Time now = waiting_.now();
        paid_until_ = std::max(paid_until_, now - saved) + time_of(bytes, rate);
        pause = paid_until_ - now;
    }
    if (pause > 0ns && !waiting_.sleep(pause, stop_))
        return fail(ErrorKind::interrupted, tr("interrupted"));
    return {};
}

std::unique_ptr<Store> make_throttled(std::unique_ptr<Store> base, const Reach& reach,
                                      Waiting& waiting, const util::Clock& clock) {
    return std::make_unique<ThrottleStore>(std::move(base), reach, waiting, clock);
}

} // namespace saoluu::store
