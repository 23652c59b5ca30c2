// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/kept_objects.hpp"
#include "store/store.hpp"

#include "saoluu/result.hpp"

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace saoluu::repo {

/// What a run sees of a store at one moment, by as few requests as it takes: where listings come in
/// pages that hold objects of any name, one page answers for several prefixes. Listings are never
/// older than the view: who needs what came since takes another view. For one thread.
class StoreView {
public:
    /// Everything from the store when it is asked for. The store must outlive it.
    explicit StoreView(store::Store& store, const KeptObjects* kept = nullptr)
        : store_(&store), kept_(kept) {}
    /// The same, with what one request can show of these prefixes.
    /// errors: the store's
    static Result<StoreView> of(store::Store& store, const KeptObjects* kept,
                                std::initializer_list<std::string_view> prefixes);

    /// As Store::list of a prefix.
    Result<void> list(std::string_view prefix,
                      const std::function<bool(const store::ObjectInfo&)>& each) const;
    Result<std::vector<store::ObjectInfo>> list_all(std::string_view prefix) const;

    /// An object whose name holds its hash: what this machine keeps of it, else the store's bytes,
    /// which are kept then if they fit. Whether they do is for the caller to judge.
    /// errors: the store's
    Result<util::Bytes> get(const std::string& name, const crypto::Hash& hash,
                            std::uint64_t most) const;

private:
    store::Store* store_;
    const KeptObjects* kept_;
    std::vector<store::ObjectInfo> page_; ///< ascending
    std::string from_;                    ///< the page shows all names above this
    std::string to_;                      ///< and up to this
    bool is_last_ = false;                ///< and there is none behind it
};

} // namespace saoluu::repo
