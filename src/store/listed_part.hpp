// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace saoluu::store {

/// Which part of a tree of files a listing shows: `prefix` and `after` of Store::list, less what
/// lies in every tree and is no object: tmp/, lost+found/, what is_trash() knows. Paths are whole
/// names of objects; a folder's ends with a slash. Both texts must outlive it.
class ListedPart {
public:
    ListedPart(std::string_view prefix, std::string_view after) : prefix_(prefix), after_(after) {}

    /// The folder where the walk begins, "" or with a slash at its end: "packs/ab/" of the prefix
    /// "packs/ab/12". Nothing: no object can have such a name.
    [[nodiscard]] std::optional<std::string> start() const;
    [[nodiscard]] bool has_file(std::string_view path) const;
    /// Whether something in this folder belongs to it. The format has 3 levels; what lies very deep
    /// is foreign, and is reported by what lies above it.
    [[nodiscard]] bool has_some_of(std::string_view folder) const;

private:
    std::string_view prefix_;
    std::string_view after_;
};

} // namespace saoluu::store
