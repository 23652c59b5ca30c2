// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/entry.hpp"
#include "format/types.hpp"

#include <string>
#include <string_view>
#include <vector>

/// Pages of the catalog (FORMAT.md, 12.2).
namespace saoluu::format {

/// A child of an inner page: the page `id`, whose first path is `path`.
struct PageLink {
    std::string path;
    ChunkId id;
    friend bool operator==(const PageLink&, const PageLink&) = default;
};

/// A decoded page; `entries` of a leaf, `links` of an inner page.
struct Page {
    std::uint8_t level = 0;
    std::vector<Entry> entries;
    std::vector<PageLink> links;
    [[nodiscard]] bool is_leaf() const { return level == 0; }
};

/// errors: corrupt (also paths that are malformed, unsorted or not maximally shared)
Result<Page> decode_page(BytesView plain);

/// Fills one page, entry by entry, in path order.
class PageWriter {
public:
    explicit PageWriter(std::uint8_t level) : level_(level) {}

    /// path: as check_path() wants it, behind the one before; body: encode_body() of a leaf entry,
    /// of at most limits::kBody
    void add_entry(std::string_view path, BytesView body);
    void add_link(std::string_view path, const ChunkId& id);
    /// Bytes that the page would have if it were taken now.
    [[nodiscard]] std::size_t size() const { return items_.size() + 1 + util::varint_size(count_); }
    [[nodiscard]] std::size_t count() const { return count_; }
    /// Lengths of all paths, front coding undone; at most limits::kPagePaths.
    [[nodiscard]] std::uint64_t paths() const { return paths_; }
    [[nodiscard]] const std::string& first_path() const { return first_; }
    /// The page's plain bytes; the writer is empty again.
    Bytes take();

private:
    void add_path(std::string_view path);
    std::uint8_t level_;
    util::Writer items_;
    std::size_t count_ = 0;
    std::uint64_t paths_ = 0;
    std::string first_, last_;
};

} // namespace saoluu::format
