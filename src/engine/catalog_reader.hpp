// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/catalog_cursor.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace saoluu::engine {

/// Walks a catalog in path order, reading only the pages that can hold what is asked for. For one
/// thread.
class CatalogReader {
public:
    using Visit = std::function<Result<void>(const format::Entry&)>;
    using Damage = CatalogCursor::Damage;
    /// False: this page and all below it may be passed over (it was walked before).
    using Enter = std::function<bool(const format::ChunkId& page)>;

    CatalogReader(const repo::Access& access, repo::ChunkReader& chunks, format::Domain domain)
        : access_(access), chunks_(chunks), domain_(domain) {}

    /// Visits the entry at `below` and all in it ("" = all). An entry that breaks the format's
    /// rules of order or whose parent is no folder is damage, as a page that can't be read is; the
    /// walk goes on behind it. errors: what `visit` gives; wrong_key; io where the whole store is
    /// gone
    Result<void> walk(const format::ChunkId& root, std::string_view below, const Visit& visit,
                      const Damage& damage, const Enter& enter = {});

private:
    const repo::Access& access_;
    repo::ChunkReader& chunks_;
    format::Domain domain_;
};

/// What came of list chunks that were unfolded before, by all that it depends on: for who needs
/// each only once. Lists may share lists, so that a hostile tree of few could be walked for ever.
struct ListUse {
    format::ChunkId id;
    std::uint64_t length = 0;
    std::optional<unsigned> level; ///< of the list above
    format::Domain domain = 0;
    friend auto operator<=>(const ListUse&, const ListUse&) = default;
};
using KnownLists = std::map<ListUse, Result<void>>;

/// The segments of a file with its list chunks unfolded, in order, one at a time.
/// known: lists in it are passed over, or fail as they did; those that are unfolded are added
/// errors: corrupt (a list that is damaged or does not add up); unsupported; io where the whole
/// store is gone; what `each` gives
Result<void> for_each_segment(const repo::Access& access,
                              const std::vector<format::Segment>& segments,
                              repo::ChunkReader& chunks, format::Domain domain,
                              const std::function<Result<void>(const format::Segment&)>& each,
                              KnownLists* known = nullptr);

} // namespace saoluu::engine
