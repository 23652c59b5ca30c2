// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/chunk_store.hpp"
#include "format/entry.hpp"
#include "format/page.hpp"

namespace saoluu::engine {

/// Segments as an entry may hold them: many become a tree of list chunks, cut where the content
/// says so.
Result<std::vector<format::Segment>> shorten(std::vector<format::Segment> segments,
                                             ChunkStore& chunks);

/// Writes the catalog's pages while entries come in path order (FORMAT.md 12.2).
/// memory: one page a level
class CatalogWriter {
public:
    explicit CatalogWriter(ChunkStore& chunks) : chunks_(chunks) {}
    Result<void> add(const format::Entry& entry);
    /// The root page. At least one entry must have been added.
    Result<format::ChunkId> finish();

private:
    Result<void> add_link(std::size_t level, const std::string& path, const format::ChunkId& id);
    Result<void> make_room(std::size_t level, std::string_view path, std::size_t size);
    Result<void> end_page(std::size_t level);

    ChunkStore& chunks_;
    std::vector<format::PageWriter> levels_;
};

} // namespace saoluu::engine
