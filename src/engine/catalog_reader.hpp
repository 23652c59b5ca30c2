// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/page.hpp"
#include "repo/chunk_reader.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace saoluu::engine {

/// Walks a catalog in path order, reading only the pages that can hold what is asked for. For one
/// thread.
class CatalogReader {
public:
    using Visit = std::function<Result<void>(const format::Entry&)>;
    /// What can't be walked: the page's first path and why.
    using Damage = std::function<void(const std::string& from, const Error& error)>;
    /// False: this page and all below it may be passed over (it was walked before).
    using Enter = std::function<bool(const format::ChunkId& page)>;

    CatalogReader(repo::ChunkReader& chunks, format::Domain domain)
        : chunks_(chunks), domain_(domain) {}

    /// Visits the entry at `below` and all in it ("" = all). An entry that breaks the format's
    /// rules of order or whose parent is no folder is damage, as a page that can't be read is; the
    /// walk goes on behind it. errors: what `visit` gives; wrong_key, io
    Result<void> walk(const format::ChunkId& root, std::string_view below, const Visit& visit,
                      const Damage& damage, const Enter& enter = {});

private:
    struct Walk;
    repo::ChunkReader& chunks_;
    format::Domain domain_;
};

/// The segments of a file with its list chunks unfolded, in order, one at a time.
/// errors: corrupt (a list that is damaged or does not add up); unsupported; what `each` gives
Result<void> for_each_segment(const std::vector<format::Segment>& segments,
                              repo::ChunkReader& chunks, format::Domain domain,
                              const std::function<Result<void>(const format::Segment&)>& each);

/// Whether `path` is `folder` or in it; both as catalogs write them.
bool is_below(std::string_view path, std::string_view folder);

} // namespace saoluu::engine
