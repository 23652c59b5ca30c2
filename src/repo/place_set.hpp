// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/spool.hpp"
#include "store/store.hpp"
#include "util/guarded.hpp"

#include "saoluu/result.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saoluu::repo {

class StagedPack;

/// The stores of one session: each keeps a copy of the same repository, and all get the same bytes.
/// One that fails is left behind, and the others go on while one is left. Threads: any.
class PlaceSet {
public:
    /// The stores must outlive it. on_loss: told once of each store that is left behind, unless it
    /// was the last.
    explicit PlaceSet(std::vector<store::Store*> stores, std::string spool_folder = {},
                      std::function<void(std::size_t place, const Error& why)> on_loss = {});

    [[nodiscard]] std::size_t size() const { return stores_.size(); }
    [[nodiscard]] store::Store& store(std::size_t place) const { return *stores_[place]; }
    [[nodiscard]] bool is_alive(std::size_t place) const {
        return !is_lost_[place].load(std::memory_order_acquire);
    }
    /// Ascending.
    [[nodiscard]] std::vector<std::size_t> alive() const;
    /// Why a place was left behind.
    [[nodiscard]] std::optional<Error> loss(std::size_t place) const;

    /// Leaves a place behind.
    /// errors: `why` itself, where no other place is left, or a person ended the run
    Result<void> lose(std::size_t place, const Error& why);
    /// Does something at a place; where that fails the place is left behind. Nothing is done at a
    /// place that is lost already.
    /// errors: as lose()
    template <class Work>
    Result<void> at(std::size_t place, const Work& work) {
        if (!is_alive(place))
            return {};
        const Result<void> done = work(store(place));
        return done ? done : lose(place, done.error());
    }
    /// The same at every place, one after the other.
    template <class Work>
    Result<void> at_each(const Work& work) {
        for (std::size_t place = 0; place < size(); ++place) {
            const Result<void> done =
                at(place, [&](store::Store& store) { return work(place, store); });
            if (!done)
                return done;
        }
        return {};
    }

    /// A new object for all places.
    Result<std::unique_ptr<StagedPack>> stage();

private:
    using Losses = std::vector<std::optional<Error>>;

    const std::vector<store::Store*> stores_;
    const std::string spool_folder_;
    const std::function<void(std::size_t, const Error&)> on_loss_;
    mutable util::Guarded<Losses> losses_;
    const std::unique_ptr<std::atomic<bool>[]> is_lost_; ///< asked for every chunk
};

/// An object on its way to all places of a set: straight into the temporary place of each local
/// store, and once into a spool for all that are remote. For one thread; when it is whole, each
/// place may be served by a thread of its own.
class StagedPack {
public:
    /// errors: io, no_space of the spool; else as PlaceSet::lose
    Result<void> append(util::BytesView bytes);
    /// It is whole: nothing is appended from now on. Before the first commit.
    void close();
    /// Gives it its name at one place. Once a place.
    /// errors: the store's
    Result<store::Put> commit(std::size_t place, std::string_view name);

private:
    friend class PlaceSet;
    explicit StagedPack(PlaceSet& places) : places_(places), direct_(places.size()) {}

    PlaceSet& places_;
    std::vector<std::unique_ptr<store::Staged>> direct_; ///< by place; null: from the spool
    std::optional<store::Spool> spool_;
};

} // namespace saoluu::repo
