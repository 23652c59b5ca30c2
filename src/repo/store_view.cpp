// SPDX-License-Identifier: Apache-2.0
#include "repo/store_view.hpp"

#include <algorithm>
#include <utility>

namespace saoluu::repo {
namespace {

/// What one page of a listing holds, by the protocol of S3.
constexpr std::size_t kPage = 1000;

/// The least name that is greater than all that begin with the prefix; prefixes end in a slash.
std::string end_of(std::string_view prefix) {
    std::string end(prefix);
    ++end.back();
    return end;
}

} // namespace

Result<StoreView> StoreView::of(store::Store& store, const KeptObjects* kept,
                                std::initializer_list<std::string_view> prefixes) {
    StoreView view(store, kept);
    if (!store.nature().lists_in_pages)
        return view;
    const auto [first, last] = std::minmax(prefixes);
    const std::string end = end_of(last);
    view.from_ = first;
    view.is_last_ = true;
    TRY(store.list("", first, [&](const store::ObjectInfo& object) {
        if (object.name >= end)
            return false;
        view.page_.push_back(object);
        view.is_last_ = view.page_.size() < kPage; // another might cost another request
        return view.is_last_;
    }));
    view.to_ = view.is_last_ ? end : view.page_.back().name;
    return view;
}

Result<void> StoreView::list(std::string_view prefix,
                             const std::function<bool(const store::ObjectInfo&)>& each) const {
    std::string_view after;
    if (!from_.empty() && prefix >= from_ && prefix < to_) {
        const auto begin = std::ranges::lower_bound(page_, prefix, {}, &store::ObjectInfo::name);
        for (auto at = begin; at != page_.end() && at->name.starts_with(prefix); ++at)
            if (!each(*at))
                return {};
        if (is_last_ || !std::string_view(to_).starts_with(prefix))
            return {}; // the page goes on behind it
        after = to_;
    }
    return store_->list(prefix, after, each);
}

Result<std::vector<store::ObjectInfo>> StoreView::list_all(std::string_view prefix) const {
    std::vector<store::ObjectInfo> all;
    TRY(list(prefix, [&](const store::ObjectInfo& object) {
        all.push_back(object);
        return true;
    }));
    return all;
}

Result<util::Bytes> StoreView::get(const std::string& name, const crypto::Hash& hash,
                                   std::uint64_t most) const {
    if (kept_ == nullptr)
        return store_->get(name, most);
    if (std::optional<util::Bytes> kept = kept_->find(hash, most))
        return *std::move(kept);
    util::Bytes bytes = TRY(store_->get(name, most));
    kept_->keep(hash, bytes);
    return bytes;
}

} // namespace saoluu::repo
