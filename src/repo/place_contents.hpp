// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

#include "saoluu/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace saoluu::repo {

/// What a store holds, looked through only as far as it takes to know what kind of place it is.
struct PlaceContents {
    bool has_format = false;            ///< it is a repository
    std::optional<std::string> foreign; ///< an object that no repository has
    std::vector<std::string> ours;      ///< a few of those that one has

    [[nodiscard]] bool is_empty() const { return !has_format && !foreign && ours.empty(); }
};
Result<PlaceContents> contents_of(store::Store& store);

} // namespace saoluu::repo
