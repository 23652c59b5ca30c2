// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/access.hpp"

#include <set>
#include <vector>

namespace saoluu::repo {

/// Marks that a listing showed, and the packs that the counting ones name.
struct Marks {
    std::vector<format::MarkId> listed; ///< ascending; all of them, whoever signed them
    std::set<format::PackId> packs;     ///< never to be used again
};

/// Lists and reads the marks. One that can't be read is an error: what it names is not known
/// (FORMAT.md 10.4). One that is not signed as it must be is told, and names nothing.
Result<Marks> load_marks(const Access& access, Events& events);

} // namespace saoluu::repo
