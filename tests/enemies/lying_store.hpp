// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repository_case.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

/// Stores that do not do what they say.
namespace saoluu::test {

/// What a store makes of what it is asked. Each is called by several threads at once.
struct Lies {
    using Chosen = std::function<bool(std::string_view name)>;
    Chosen unlisted = {}; ///< not shown in listings, and given to whoever asks
    Chosen withheld = {}; ///< shown in listings, and "not there" to whoever asks
    /// What a network makes of the bytes that are read.
    std::function<void(std::string_view name, std::span<std::byte> bytes)> garbles = {};
    /// What someone does as soon as an object has its name.
    std::function<void(const std::string& name)> then = {};
    std::chrono::microseconds delay{0}; ///< before each answer
};

class LyingStore final : public store::Store {
public:
    LyingStore(std::unique_ptr<store::Store> base, Lies lies)
        : base_(std::move(base)), lies_(std::move(lies)) {}

    Result<store::Put> put(std::string_view name, util::BytesView bytes) override {
        wait();
        Result<store::Put> done = base_->put(name, bytes);
        say(name);
        return done;
    }
    Result<std::unique_ptr<store::Staged>> stage() override {
        wait();
        return std::unique_ptr<store::Staged>(
            std::make_unique<LyingStaged>(*this, TRY(base_->stage())));
    }
    Result<util::Bytes> get(std::string_view name, std::uint64_t most) override {
        wait();
        TRY(is_given(name));
        util::Bytes bytes = TRY(base_->get(name, most));
        if (lies_.garbles)
            lies_.garbles(name, bytes);
        return bytes;
    }
    Result<void> read(std::string_view name, std::uint64_t offset,
                      std::span<std::byte> out) override {
        wait();
        TRY(is_given(name));
        TRY(base_->read(name, offset, out));
        if (lies_.garbles)
            lies_.garbles(name, out);
        return {};
    }
    Result<void> list(std::string_view prefix, std::string_view after,
                      const std::function<bool(const store::ObjectInfo&)>& each) override {
        wait();
        return base_->list(prefix, after, [&](const store::ObjectInfo& info) {
            return (lies_.unlisted && lies_.unlisted(info.name)) || each(info);
        });
    }
    Result<store::ObjectInfo> stat(std::string_view name) override {
        wait();
        TRY(is_given(name));
        return base_->stat(name);
    }
    Result<void> remove(std::string_view name) override { return base_->remove(name); }
    [[nodiscard]] std::string describe() const override { return base_->describe(); }
    [[nodiscard]] std::string local_folder() const override { return base_->local_folder(); }

private:
    class LyingStaged final : public store::Staged {
    public:
        LyingStaged(LyingStore& owner, std::unique_ptr<store::Staged> base)
            : owner_(owner), base_(std::move(base)) {}
        Result<void> append(util::BytesView bytes) override { return base_->append(bytes); }
        Result<store::Put> commit(std::string_view name) override {
            owner_.wait();
            Result<store::Put> done = base_->commit(name);
            owner_.say(name);
            return done;
        }

    private:
        LyingStore& owner_;
        std::unique_ptr<store::Staged> base_;
    };

    void wait() const {
        if (lies_.delay.count() > 0)
            std::this_thread::sleep_for(lies_.delay);
    }
    void say(std::string_view name) const {
        if (lies_.then)
            lies_.then(std::string(name));
    }
    Result<void> is_given(std::string_view name) const {
        if (lies_.withheld && lies_.withheld(name))
            return fail(ErrorKind::not_found, std::string(name) + ": withheld");
        return {};
    }

    std::unique_ptr<store::Store> base_;
    Lies lies_;
};

/// Opens a repository whose store lies.
inline Result<Repository> open_over(const RepositoryCase& repository, std::string_view key,
                                    Lies lies, Events& events,
                                    const std::string& machine = "here") {
    repo::Access access = TRY(
        repo::open_access_over(std::make_unique<LyingStore>(repository.store(), std::move(lies)),
                               repository.options(key, machine), events));
    return Repository(std::make_unique<Repository::Impl>(Repository::Impl{std::move(access)}));
}

} // namespace saoluu::test
