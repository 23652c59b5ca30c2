// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/ledger.hpp"

#include <set>
#include <vector>

namespace saoluu::repo {

/// Marks that count, and the packs that they name.
struct Marks {
    std::vector<format::MarkId> obeyed; ///< ascending; those that count: `open` names them
    std::set<format::PackId> packs;     ///< never to be used again
};

/// Lists and reads the marks. One that can't be read whole is an error if a ledger entry vouches
/// for it: what it names is not known (FORMAT.md 10.4). Any other bad one is rubbish, which is
/// told. Where a mark is under a roster that is not known yet, the rosters are read anew.
Result<Marks> load_marks(Access& access, const Ledger& ledger, Events& events);
Result<Marks> load_marks(Access& access, const Ledger& ledger, const StoreView& view,
                         Events& events);

} // namespace saoluu::repo
