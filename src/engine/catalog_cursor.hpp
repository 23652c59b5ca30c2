// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/catalog_path.hpp"
#include "format/page.hpp"
#include "repo/chunk_reader.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saoluu::engine {

/// Goes through a catalog in path order, a step at a time, and reads a page only when it is told
/// to: so that what need not be read can be passed over. For one thread.
/// memory: a page a level
class CatalogCursor {
public:
    /// What can't be gone through: the page's first path (or the entry's) and why.
    using Damage = std::function<void(const std::string& from, const Error& error)>;

    /// Stands before the root page. below: only the entry at this path and all in it ("" = all);
    /// `access` and `chunks` must outlive it
    CatalogCursor(const repo::Access& access, repo::ChunkReader& chunks, format::Domain domain,
                  const format::ChunkId& root, std::string_view below, Damage damage);

    [[nodiscard]] bool at_end() const { return at_ == At::end; }
    [[nodiscard]] bool at_page() const { return at_ == At::page; }
    [[nodiscard]] bool at_entry() const { return at_ == At::entry; }

    /// Path of the entry that it stands at, or the first one of the page that it stands before.
    [[nodiscard]] const std::string& path() const {
        return at_entry() ? leaf_[next_entry_].path : link().path;
    }
    [[nodiscard]] const format::Entry& entry() const { return leaf_[next_entry_]; }
    [[nodiscard]] const format::ChunkId& page() const { return link().id; }
    /// Of the page that it stands before: 0 for a leaf; of the root, which nothing tells yet, more
    /// than any can have.
    [[nodiscard]] unsigned level() const;

    /// Reads the page that it stands before and goes to what is first in it. A page that can't be
    /// read, or breaks the format's rules, is damage; the cursor is behind it then.
    /// errors: wrong_key; io where the whole store is gone
    Result<void> enter();
    /// Goes on behind the page or the entry that it stands at.
    void pass();
    /// Goes on behind the folder that it stands at and all in it. Pages that hold nothing else are
    /// never stood at.
    void leave();

    /// Whether an entry of this path, which the cursor did not meet, may be in the page that was
    /// damaged last.
    [[nodiscard]] bool may_have_lost(std::string_view path) const;

private:
    enum class At { page, entry, end };
    /// An inner page that is being gone through.
    struct Inner {
        std::vector<format::PageLink> links;
        std::size_t next = 0;
        std::optional<unsigned> level; ///< of the pages that it leads to
    };
    /// What a damaged page could hold: from its first path to that of the page behind it.
    struct Lost {
        std::string from;
        std::optional<std::string> end; ///< not included; nothing: to the end
    };

    [[nodiscard]] const format::PageLink& link() const {
        return inner_.back().links[inner_.back().next];
    }
    [[nodiscard]] const std::string* end_of_page() const;
    [[nodiscard]] bool is_past(std::string_view path) const;
    [[nodiscard]] bool is_left(std::string_view path) const;
    Result<format::Page> read_page() const;
    void settle();
    bool settle_in_leaf();
    bool settle_at_link();
    bool is_in_order(const std::string& path);
    bool place(const format::Entry& entry);

    const repo::Access& access_;
    repo::ChunkReader& chunks_;
    format::Domain domain_;
    std::string below_;
    Damage damage_;

    At at_ = At::end;
    std::vector<Inner> inner_;
    std::vector<format::Entry> leaf_;
    std::size_t next_entry_ = 0;
    /// What comes must lie behind it: the last entry, or the first path of a page that was not
    /// read.
    std::optional<std::string> behind_;
    std::vector<std::string>
        folders_;                     ///< that the last entry lies in, itself included if it is one
    bool has_gap_ = false;            ///< something before was not read: parents may be unknown
    std::optional<std::string> left_; ///< what is in this folder is not wanted
    std::optional<Lost> lost_;
};

} // namespace saoluu::engine
