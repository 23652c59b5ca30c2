// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog_reader.hpp"

#include "engine/damage.hpp"
#include "util/text.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace saoluu::engine {

using format::ChunkId;
using format::Entry;
using util::message;
using util::tr;

bool is_below(std::string_view path, std::string_view folder) {
    if (folder.empty())
        return true;
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

struct CatalogReader::Walk {
    CatalogReader& reader;
    std::string_view below;
    const Visit& visit;
    const Damage& damage;
    const Enter& enter;
    std::optional<std::string> last; ///< path of the entry before
    std::vector<std::string>
        folders;          ///< that the entry before lies in, itself included if it is one
    bool has_gap = false; ///< something before could not be read: parents may be unknown

    /// Nothing at or behind `path` is wanted.
    [[nodiscard]] bool is_past(std::string_view path) const {
        return !is_below(path, below) && format::compare_paths(path, below) > 0;
    }

    Result<void> page(const ChunkId& id, const std::string& first, std::optional<unsigned> level) {
        if (enter && !enter(id)) {
            has_gap = true; // what was passed over is not known here
            return {};
        }
        Result<format::Page> decoded = [&]() -> Result<format::Page> {
            const Result<util::BytesView> plain =
                reader.chunks_.read(format::ChunkKind::page, id, reader.domain_);
            if (!plain)
                return Failure(as_damage(reader.access_, plain.error()));
            return format::decode_page(*plain);
        }();
        if (!decoded && (decoded.error().kind() == ErrorKind::wrong_key ||
                         decoded.error().kind() == ErrorKind::io))
            return Failure(decoded.error());
        if (decoded && level && decoded->level != *level)
            decoded = fail(ErrorKind::corrupt,
                           tr("a page of the catalog is of another level than its place"));
        if (decoded && (decoded->is_leaf() ? decoded->entries.front().path
                                           : decoded->links.front().path) != first)
            decoded = fail(ErrorKind::corrupt,
                           tr("a page of the catalog begins with another path than its place"));
        if (!decoded) {
            has_gap = true;
            damage(first, decoded.error());
            return {};
        }
        return decoded->is_leaf() ? leaf(*decoded) : inner(*decoded);
    }

    Result<void> inner(const format::Page& page) {
        for (std::size_t i = 0; i < page.links.size(); ++i) {
            const bool ends_before = i + 1 < page.links.size() &&
                                     format::compare_paths(page.links[i + 1].path, below) <= 0;
            if (ends_before) {
                has_gap = true;
                continue;
            }
            if (is_past(page.links[i].path))
                break;
            TRY(this->page(page.links[i].id, page.links[i].path, page.level - 1U));
        }
        return {};
    }

    Result<void> leaf(const format::Page& page) {
        for (const Entry& entry : page.entries) {
            if (last && format::compare_paths(*last, entry.path) >= 0) {
                damage(entry.path,
                       Error(ErrorKind::corrupt, tr("the catalog is out of order here")));
                continue;
            }
            last = entry.path;
            const bool is_placed = place(entry);
            if (!is_below(entry.path, below))
                continue;
            if (!is_placed)
                damage(entry.path,
                       Error(ErrorKind::corrupt, tr("what it should lie in is no folder")));
            else
                TRY(visit(entry));
        }
        return {};
    }

    /// Keeps the folders that lead to the entry; false if its parent is not among them.
    bool place(const Entry& entry) {
        while (!folders.empty() && !is_below(entry.path, folders.back()))
            folders.pop_back();
        const std::size_t slash = entry.path.rfind('/');
        const std::string parent = slash == std::string::npos ? "" : entry.path.substr(0, slash);
        const bool fits = entry.path.empty() || (!folders.empty() && folders.back() == parent);
        const bool unknown = has_gap && !fits;
        if (entry.type == format::FileType::folder && !entry.refused)
            folders.push_back(entry.path);
        return fits || unknown;
    }
};

Result<void> CatalogReader::walk(const ChunkId& root, std::string_view below, const Visit& visit,
                                 const Damage& damage, const Enter& enter) {
    Walk walk{*this, below, visit, damage, enter, {}, {}};
    return walk.page(root, "", std::nullopt);
}

namespace {

using EachSegment = std::function<Result<void>(const format::Segment&)>;

/// What stays the same from list to list.
struct Unfolding {
    const repo::Access& access;
    repo::ChunkReader& chunks;
    format::Domain domain;
    const EachSegment& each;
    KnownLists* known;

    Result<void> unfold(const std::vector<format::Segment>& segments,
                        std::optional<unsigned> level) {
        for (const format::Segment& segment : segments) {
            const auto* list = std::get_if<format::ChunkList>(&segment);
            TRY(list == nullptr ? each(segment) : unfold_once(*list, level));
        }
        return {};
    }

    Result<void> unfold_once(const format::ChunkList& list, std::optional<unsigned> level) {
        if (known == nullptr)
            return unfold_list(list, level);
        const ListUse use{.id = list.id, .length = list.length, .level = level, .domain = domain};
        if (const auto before = known->find(use); before != known->end())
            return before->second;
        Result<void> done = unfold_list(list, level);
        if (done || done.error().kind() == ErrorKind::corrupt)
            known->emplace(use, done);
        return done;
    }

    Result<void> unfold_list(const format::ChunkList& list, std::optional<unsigned> level) {
        const Result<util::BytesView> plain = chunks.read(format::ChunkKind::list, list.id, domain);
        if (!plain)
            return Failure(as_damage(access, plain.error()));
        const format::SegmentList decoded = TRY(format::decode_list(*plain));
        std::uint64_t length = 0;
        for (const format::Segment& inside : decoded.segments)
            length += format::length_of(inside);
        if (length != list.length || (level && decoded.level + 1U != *level))
            return fail(ErrorKind::corrupt, tr("a list of chunks does not add up"));
        return unfold(decoded.segments, decoded.level);
    }
};

} // namespace

Result<void> for_each_segment(const repo::Access& access,
                              const std::vector<format::Segment>& segments,
                              repo::ChunkReader& chunks, format::Domain domain,
                              const EachSegment& each, KnownLists* known) {
    return Unfolding{access, chunks, domain, each, known}.unfold(segments, std::nullopt);
}

} // namespace saoluu::engine
