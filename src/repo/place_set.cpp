// SPDX-License-Identifier: Apache-2.0
#include "repo/place_set.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::repo {

PlaceSet::PlaceSet(std::vector<store::Store*> stores, std::string spool_folder,
                   std::function<void(std::size_t, const Error&)> on_loss)
    : stores_(std::move(stores)), spool_folder_(std::move(spool_folder)),
      on_loss_(std::move(on_loss)), losses_(stores_.size()),
      is_lost_(std::make_unique<std::atomic<bool>[]>(stores_.size())) {}

std::vector<std::size_t> PlaceSet::alive() const {
    std::vector<std::size_t> found;
    losses_.with([&](const Losses& losses) {
        for (std::size_t place = 0; place < losses.size(); ++place)
            if (!losses[place])
                found.push_back(place);
    });
    return found;
}

std::optional<Error> PlaceSet::loss(std::size_t place) const {
    return losses_.with([&](const Losses& losses) { return losses[place]; });
}

Result<void> PlaceSet::lose(std::size_t place, const Error& why) {
    if (why.kind() == ErrorKind::interrupted)
        return Failure(why);
    bool is_last = false;
    const bool is_news = losses_.with([&](Losses& losses) {
        is_last = !losses[place] &&
                  std::ranges::count_if(losses, [](const auto& loss) { return !loss; }) == 1;
        if (is_last || losses[place])
            return false;
        losses[place] = why;
        is_lost_[place].store(true, std::memory_order_release);
        return true;
    });
    if (is_last)
        return Failure(why);
    if (is_news && on_loss_)
        on_loss_(place, why);
    return {};
}

Result<std::unique_ptr<StagedPack>> PlaceSet::stage() {
    std::unique_ptr<StagedPack> staged(new StagedPack(*this));
    TRY(at_each([&](std::size_t place, store::Store& store) -> Result<void> {
        // One remote store alone spools by itself; several share what they send.
        if (store.nature().is_remote)
            return {};
        staged->direct_[place] = TRY(store.stage());
        return {};
    }));
    const bool needs_spool = std::ranges::any_of(
        alive(), [&](std::size_t place) { return store(place).nature().is_remote; });
    if (needs_spool)
        staged->spool_ = TRY(store::Spool::create(spool_folder_));
    return staged;
}

Result<void> StagedPack::append(util::BytesView bytes) {
    if (spool_)
        TRY(spool_->append(bytes));
    for (std::size_t place = 0; place < direct_.size(); ++place) {
        if (!direct_[place])
            continue;
        const Result<void> done = direct_[place]->append(bytes);
        if (done)
            continue;
        direct_[place].reset(); // how much came through is not known: it never gets a name
        TRY(places_.lose(place, done.error()));
    }
    return {};
}

void StagedPack::close() {
    if (spool_)
        spool_->close();
}

Result<store::Put> StagedPack::commit(std::size_t place, std::string_view name) {
    if (std::unique_ptr<store::Staged> staged = std::move(direct_[place]))
        return staged->commit(name);
    store::Store& store = places_.store(place);
    if (spool_ && store.nature().is_remote)
        return store.put_from(name, *spool_);
    return fail(ErrorKind::failure,
                util::message(util::tr("{}: it could not be written whole"), name));
}

} // namespace saoluu::repo
