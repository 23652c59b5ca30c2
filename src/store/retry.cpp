// SPDX-License-Identifier: Apache-2.0
#include "store/retry.hpp"

#include "crypto/secret.hpp"
#include "store/forwarding.hpp"
#include "store/spool.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace saoluu::store {
namespace {

using std::chrono::milliseconds;
using util::message;
using util::printable;
using util::tr;

/// Of an object that is compared with ours.
constexpr std::size_t kPiece = 1 << 20;
/// A short object is asked for again so often: what is really short stays so, and a `check` of many
/// should not take minutes for each.
constexpr unsigned kTriesOfShort = 2;
/// A handle that the server has forgotten is looked up anew by the next call, or never is.
constexpr unsigned kTriesOfStale = 3;
constexpr milliseconds kShortPause{100};

/// What a kernel says of a mount whose server is away for now. Not EIO: so does a dying disk.
constexpr std::array kServerAway = {ETIMEDOUT,  EHOSTDOWN,    EHOSTUNREACH, ENETDOWN, ENETUNREACH,
                                    ECONNRESET, ECONNABORTED, ECONNREFUSED, ENOTCONN, ENOLINK,
                                    EREMOTEIO,  ESHUTDOWN,    EAGAIN};

bool may_help(const Error& error) {
    return error.may_retry() ||
           (error.kind() == ErrorKind::io &&
            std::ranges::find(kServerAway, error.system_code()) != kServerAway.end());
}

bool is_stale(const Error& error) {
    return error.system_code() == ESTALE;
}

struct Patience {
    RetryPolicy policy;
    Waiting& waiting;
    Chance chance;
};

/// The tries of one operation.
class Effort {
public:
    explicit Effort(Patience& patience) : patience_(patience) {}

    /// Waits for the next try. errors: the one to give up with
    Result<void> wait_after(const Error& error) {
        const bool is_short = error.kind() == ErrorKind::corrupt;
        const bool is_hopeless = patience_.policy.patience <= milliseconds(0) ||
                                 (is_short && ++short_tries_ > kTriesOfShort) ||
                                 (is_stale(error) && ++stale_tries_ > kTriesOfStale) ||
                                 !(is_short || is_stale(error) || may_help(error));
        if (is_hopeless)
            return Failure(error);
        const Waiting::Time now = patience_.waiting.now();
        if (!began_)
            began_ = now;
        const Waiting::Time end = *began_ + patience_.policy.patience;
        if (now >= end)
            return Failure(given_up(error, now - *began_));
        const milliseconds left = std::chrono::ceil<milliseconds>(end - now);
        return sleep(error, std::min(is_short ? kShortPause : next_pause(), left));
    }

    /// Something came of the last try: what fails from now on is a new failure.
    void progressed() {
        began_.reset();
        doublings_ = short_tries_ = stale_tries_ = 0;
    }

private:
    milliseconds next_pause() {
        const RetryPolicy& policy = patience_.policy;
        milliseconds longest = policy.first_pause;
        for (unsigned i = 0; i < doublings_ && longest < policy.longest_pause; ++i)
            longest *= 2;
        ++doublings_;
        longest = std::min(longest, policy.longest_pause);
        return milliseconds(static_cast<milliseconds::rep>(static_cast<double>(longest.count()) *
                                                           patience_.chance()));
    }

    Result<void> sleep(const Error& error, milliseconds pause) {
        const RetryPolicy& policy = patience_.policy;
        if (policy.on_wait && !policy.stop.stop_requested())
            policy.on_wait(error, pause);
        if (policy.stop.stop_requested() || !patience_.waiting.sleep(pause, policy.stop))
            return fail(ErrorKind::interrupted, tr("interrupted"));
        return {};
    }

    static Error given_up(const Error& error, Waiting::Duration spent) {
        Error last(error.kind(),
                   message(tr("{} (tried again for {} seconds)"), error.message(),
                           std::chrono::duration_cast<std::chrono::seconds>(spent).count()),
                   error.system_code());
        return error.may_retry() ? std::move(last).with_retry() : last;
    }

    Patience& patience_;
    std::optional<Waiting::Time> began_; ///< when it failed first
    unsigned doublings_ = 0;
    unsigned short_tries_ = 0;
    unsigned stale_tries_ = 0;
};

class RetryStore final : public ForwardingStore {
public:
    RetryStore(std::unique_ptr<Store> base, Patience patience)
        : ForwardingStore(std::move(base)), patience_(std::move(patience)) {}

    Result<Put> put(std::string_view name, util::BytesView bytes) override {
        return put_until_known(name, MemorySource(bytes), [&] { return base().put(name, bytes); });
    }

    Result<Put> put_from(std::string_view name, const Source& source) override {
        return put_until_known(name, source, [&] { return base().put_from(name, source); });
    }

    Result<std::unique_ptr<Staged>> stage() override {
        if (nature().is_remote) // what a connection took with it is sent again from the spool
            return stage_in_spool(*this, patience_.policy.spool_folder);
        return persist([&] { return base().stage(); });
    }

    Result<util::Bytes> get(std::string_view name, std::uint64_t most) override {
        return persist([&] { return base().get(name, most); }, Short::is_final);
    }

    Result<void> read(std::string_view name, std::uint64_t offset,
                      std::span<std::byte> out) override {
        return persist([&] { return base().read(name, offset, out); });
    }

    Result<void> list(std::string_view prefix, std::string_view after,
                      const std::function<bool(const ObjectInfo&)>& each) override {
        Effort effort(patience_);
        std::string last(after);
        bool has_enough = false;
        for (;;) {
            bool has_shown = false;
            const std::string from = last;
            const Result<void> listed = base().list(prefix, from, [&](const ObjectInfo& object) {
                last = object.name;
                has_shown = true;
                has_enough = !each(object);
                return !has_enough;
            });
            if (listed || has_enough)
                return {};
            if (listed.error().kind() == ErrorKind::corrupt)
                return listed;
            if (has_shown)
                effort.progressed();
            TRY(effort.wait_after(listed.error()));
        }
    }

    Result<ObjectInfo> stat(std::string_view name) override {
        return persist([&] { return base().stat(name); });
    }

    Result<std::optional<std::int64_t>> retained_until(std::string_view name) override {
        return persist([&] { return base().retained_until(name); });
    }

    Result<void> remove(std::string_view name) override {
        return persist([&] { return base().remove(name); });
    }

    Result<Facts> find_out() override {
        return persist([&] { return base().find_out(); });
    }

private:
    enum class Short { may_help, is_final };

    template <class Once>
    auto persist(Once&& once, Short corrupt = Short::may_help) -> decltype(once()) {
        Effort effort(patience_);
        for (;;) {
            auto result = once();
            if (result ||
                (corrupt == Short::is_final && result.error().kind() == ErrorKind::corrupt))
                return result;
            TRY(effort.wait_after(result.error()));
        }
    }

    template <class Once>
    Result<Put> put_until_known(std::string_view name, const Source& source, Once&& once) {
        Effort effort(patience_);
        bool is_known = true; // that no try of ours can have made the object
        for (;;) {
            Result<Put> put = once();
            if (put && *put == Put::created)
                return put;
            if (put) {
                // A gateway that only says so must not make a pack count as stored.
                const Result<bool> is_ours =
                    is_known ? is_there(name) : has_same_bytes(name, source);
                if (is_ours && is_known)
                    return Put::exists;
                if (is_ours)
                    return *is_ours ? Put::created : Put::exists;
                if (is_ours.error().kind() != ErrorKind::not_found)
                    return Failure(is_ours.error());
                put = Failure(
                    Error(ErrorKind::io, message(tr("{}: it is said to be there, and is not"),
                                                 describe() + "/" + printable(name)))
                        .with_retry());
            }
            if (put.error().kind() == ErrorKind::corrupt)
                return put;
            is_known = false;
            TRY(effort.wait_after(put.error()));
        }
    }

    /// errors: not_found
    Result<bool> is_there(std::string_view name) {
        if (nature().is_remote)
            TRY(stat(name));
        return true;
    }

    Result<bool> has_same_bytes(std::string_view name, const Source& source) {
        if (TRY(stat(name)).size != source.size())
            return false;
        util::Bytes ours, theirs;
        for (std::uint64_t at = 0; at < source.size(); at += ours.size()) {
            const auto size =
                static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, source.size() - at));
            ours.resize(size);
            theirs.resize(size);
            TRY(source.read(at, ours));
            TRY(read(name, at, theirs));
            if (ours != theirs)
                return false;
        }
        return true;
    }

    Patience patience_;
};

} // namespace

RetryPolicy retry_policy(const Reach& reach) {
    return {.patience = reach.patience,
            .spool_folder = reach.spool_folder,
            .stop = reach.stop,
            .on_wait = reach.on_wait};
}

Chance system_chance() {
    return [] {
        std::array<std::byte, 4> bytes{};
        crypto::random_bytes(bytes);
        std::uint32_t number = 0;
        std::memcpy(&number, bytes.data(), sizeof number);
        return static_cast<double>(number) / 4294967296.0;
    };
}

std::unique_ptr<Store> make_retrying(std::unique_ptr<Store> base, RetryPolicy policy,
                                     Waiting& waiting, Chance chance) {
    return std::make_unique<RetryStore>(
        std::move(base),
        Patience{.policy = std::move(policy), .waiting = waiting, .chance = std::move(chance)});
}

Result<std::unique_ptr<Store>>
open_retrying(const std::function<Result<std::unique_ptr<Store>>()>& open, RetryPolicy policy,
              Waiting& waiting, Chance chance) {
    Patience patience{.policy = policy, .waiting = waiting, .chance = chance};
    Effort effort(patience);
    Result<std::unique_ptr<Store>> opened = open();
    while (!opened) {
        TRY(effort.wait_after(opened.error()));
        opened = open();
    }
    return make_retrying(*std::move(opened), std::move(policy), waiting, std::move(chance));
}

} // namespace saoluu::store
