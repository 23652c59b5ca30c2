// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog_cursor.hpp"

#include "repo/damage.hpp"
#include "util/assert.hpp"
#include "util/text.hpp"

#include <utility>

namespace saoluu::engine {

using format::Entry;
using format::Page;
using util::tr;

CatalogCursor::CatalogCursor(const repo::Access& access, repo::ChunkReader& chunks,
                             format::Domain domain, const format::ChunkId& root,
                             std::string_view below, Damage damage)
    : access_(access), chunks_(chunks), domain_(domain), below_(below), damage_(std::move(damage)) {
    inner_.push_back({.links = {{.path = "", .id = root}}, .next = 0, .level = std::nullopt});
    settle();
}

unsigned CatalogCursor::level() const {
    return inner_.back().level.value_or(format::limits::kPageLevels);
}

Result<void> CatalogCursor::enter() {
    ASSERT(at_page());
    Result<Page> page = read_page();
    if (!page &&
        (page.error().kind() == ErrorKind::wrong_key || page.error().kind() == ErrorKind::io))
        return Failure(page.error());
    if (!page) {
        const std::string first = path();
        const std::string* const end = end_of_page();
        const bool goes_on = lost_ && lost_->end == first;
        lost_ = Lost{.from = goes_on ? lost_->from : first,
                     .end = end == nullptr ? std::nullopt : std::optional(*end)};
        damage_(first, page.error());
        pass();
        return {};
    }
    ++inner_.back().next;
    if (page->is_leaf()) {
        leaf_ = std::move(page->entries);
        next_entry_ = 0;
    } else {
        inner_.push_back({.links = std::move(page->links), .next = 0, .level = page->level - 1U});
    }
    settle();
    return {};
}

Result<Page> CatalogCursor::read_page() const {
    const Result<util::BytesView> plain = chunks_.read(format::ChunkKind::page, page(), domain_);
    if (!plain)
        return Failure(repo::as_damage(access_, plain.error()));
    Page page = TRY(format::decode_page(*plain));
    const std::optional<unsigned> level = inner_.back().level;
    if (level && page.level != *level)
        return fail(ErrorKind::corrupt,
                    tr("a page of the catalog is of another level than its place"));
    const std::string& first = page.is_leaf() ? page.entries.front().path : page.links.front().path;
    if (first != path())
        return fail(ErrorKind::corrupt,
                    tr("a page of the catalog begins with another path than its place"));
    return page;
}

void CatalogCursor::pass() {
    ASSERT(!at_end());
    if (at_entry()) {
        ++next_entry_;
    } else {
        behind_ = path();
        has_gap_ = true; // what was passed over is not known here
        ++inner_.back().next;
    }
    settle();
}

void CatalogCursor::leave() {
    ASSERT(at_entry());
    left_ = path();
    pass();
}

bool CatalogCursor::may_have_lost(std::string_view path) const {
    return lost_ && format::compare_paths(path, lost_->from) >= 0 &&
           (!lost_->end || format::compare_paths(path, *lost_->end) < 0);
}

/// Nothing at or behind `path` is wanted.
bool CatalogCursor::is_past(std::string_view path) const {
    return !is_below(path, below_) && format::compare_paths(path, below_) > 0;
}

bool CatalogCursor::is_left(std::string_view path) const {
    return left_ && path.size() > left_->size() && is_below(path, *left_);
}

/// First path of what follows the page that the cursor stands before; null where nothing does.
const std::string* CatalogCursor::end_of_page() const {
    for (auto inner = inner_.rbegin(); inner != inner_.rend(); ++inner) {
        // Those above have passed the link that led here.
        const std::size_t following = inner->next + (inner == inner_.rbegin() ? 1 : 0);
        if (following < inner->links.size())
            return &inner->links[following].path;
    }
    return nullptr;
}

/// Finds the next thing to stand at.
void CatalogCursor::settle() {
    for (;;) {
        if (next_entry_ < leaf_.size()) {
            if (settle_in_leaf())
                return;
        } else if (inner_.empty()) {
            at_ = At::end;
            return;
        } else if (inner_.back().next == inner_.back().links.size()) {
            inner_.pop_back();
        } else if (settle_at_link()) {
            return;
        }
    }
}

/// False: the entry was passed over.
bool CatalogCursor::settle_in_leaf() {
    const Entry& entry = leaf_[next_entry_];
    if (!is_in_order(entry.path)) {
        ++next_entry_;
        return false;
    }
    behind_ = entry.path;
    const bool is_placed = place(entry);
    const bool is_wanted = is_below(entry.path, below_) && !is_left(entry.path);
    if (is_wanted && is_placed) {
        at_ = At::entry;
        return true;
    }
    if (is_wanted)
        damage_(entry.path, Error(ErrorKind::corrupt, tr("what it should lie in is no folder")));
    ++next_entry_;
    return false;
}

/// False: the page was passed over.
bool CatalogCursor::settle_at_link() {
    const std::string& first = link().path;
    if (is_past(first)) {
        inner_.clear();
        return false;
    }
    const std::string* const end = end_of_page();
    const bool ends_before = end != nullptr && format::compare_paths(*end, below_) <= 0;
    if (ends_before || !is_in_order(first)) {
        has_gap_ = true;
        ++inner_.back().next;
        return false;
    }
    // Nothing that is wanted lies in what was left, so its parents are not missed either.
    if (is_left(first) && end != nullptr && is_left(*end)) {
        ++inner_.back().next;
        return false;
    }
    at_ = At::page;
    return true;
}

/// A catalog that goes back could be gone through for ever.
bool CatalogCursor::is_in_order(const std::string& path) {
    if (!behind_ || format::compare_paths(*behind_, path) < 0)
        return true;
    damage_(path, Error(ErrorKind::corrupt, tr("the catalog is out of order here")));
    return false;
}

/// Keeps the folders that lead to the entry; false if its parent is not among them.
bool CatalogCursor::place(const Entry& entry) {
    while (!folders_.empty() && !is_below(entry.path, folders_.back()))
        folders_.pop_back();
    const bool fits =
        entry.path.empty() || (!folders_.empty() && folders_.back() == folder_of_path(entry.path));
    const bool is_unknown = has_gap_ && !fits;
    if (entry.type == format::FileType::folder && !entry.refused)
        folders_.push_back(entry.path);
    return fits || is_unknown;
}

} // namespace saoluu::engine
