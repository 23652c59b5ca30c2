// SPDX-License-Identifier: Apache-2.0
#include "format/page.hpp"

#include "util/assert.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace saoluu::format {
namespace {

using util::tr;

/// Length of the longest common beginning.
std::size_t shared_length(std::string_view a, std::string_view b) {
    const std::size_t most = std::min(a.size(), b.size());
    std::size_t length = 0;
    while (length < most && a[length] == b[length])
        ++length;
    return length;
}

/// Reads the next path into `path`, which holds the one before it.
Result<void> read_path(util::Reader& in, bool is_first, std::string& path, std::uint64_t& paths) {
    const std::uint64_t shared = TRY(in.varint(path.size()));
    const BytesView suffix = TRY(in.bytes(limits::kPath - static_cast<std::size_t>(shared)));
    const std::string_view end = util::as_text(suffix);
    const std::string_view cut_off = std::string_view(path).substr(shared);
    if (!is_first) {
        // Front coding has one form: what follows the shared part differs at once. So the first
        // byte of both ends tells the order as well.
        if (!cut_off.empty() && !end.empty() && cut_off.front() == end.front())
            return in.bad(tr("a path shares less than it could"));
        if (!(compare_paths(cut_off, end) < 0))
            return in.bad(tr("the paths are not in order"));
    }
    path.resize(shared);
    path += end;
    paths += path.size();
    if (paths > limits::kPagePaths)
        return in.bad(tr("its paths together are too long"));
    return named(check_path(path), [&path] { return util::printable(path); });
}

Result<void> read_entries(util::Reader& in, std::size_t count, Page& page) {
    std::string path;
    std::uint64_t paths = 0;
    page.entries.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        TRY(read_path(in, i == 0, path, paths));
        const BytesView body = TRY(in.bytes(limits::kBody));
        page.entries.push_back(
            TRY(named(decode_body(path, body), [&path] { return util::printable(path); })));
    }
    return {};
}

Result<void> read_links(util::Reader& in, std::size_t count, Page& page) {
    std::string path;
    std::uint64_t paths = 0;
    page.links.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        TRY(read_path(in, i == 0, path, paths));
        const ChunkId id = TRY(in.id<ChunkId>());
        page.links.push_back({.path = path, .id = id});
    }
    return {};
}

Result<Page> decode(BytesView plain) {
    if (plain.size() > limits::kCatalogChunk)
        return fail(ErrorKind::corrupt, tr("it is too large"));
    util::Reader in(plain);
    Page page;
    page.level = TRY(in.u8());
    if (page.level >= limits::kPageLevels)
        return in.bad(tr("a page has an impossible level"));
    // shared, suffix, and a body of a byte at least, or an id
    const std::size_t count = TRY(in.count(page.is_leaf() ? 4 : 2 + ChunkId::size, in.left()));
    if (count == 0)
        return in.bad(tr("a page is empty"));
    TRY(page.is_leaf() ? read_entries(in, count, page) : read_links(in, count, page));
    TRY(in.finish());
    return page;
}

} // namespace

Result<Page> decode_page(BytesView plain) {
    return decode(plain).within(tr("catalog page"));
}

void PageWriter::add_entry(std::string_view path, BytesView body) {
    ASSERT(level_ == 0 && !body.empty() && body.size() <= limits::kBody);
    add_path(path);
    items_.bytes(body);
}

void PageWriter::add_link(std::string_view path, const ChunkId& id) {
    ASSERT(level_ > 0 && level_ < limits::kPageLevels);
    add_path(path);
    items_.raw(id.view());
}

void PageWriter::add_path(std::string_view path) {
    ASSERT(check_path(path));
    std::size_t shared = 0;
    if (count_ == 0) {
        first_ = path;
    } else {
        shared = shared_length(last_, path);
        ASSERT(compare_paths(std::string_view(last_).substr(shared), path.substr(shared)) < 0);
    }
    items_.varint(shared).text(path.substr(shared));
    paths_ += path.size();
    last_ = path;
    ++count_;
}

Bytes PageWriter::take() {
    ASSERT(count_ > 0);
    Bytes space;
    space.reserve(size());
    util::Writer out(std::move(space));
    out.u8(level_).varint(count_).raw(items_.view());
    ASSERT(out.size() <= limits::kCatalogChunk && paths_ <= limits::kPagePaths);
    items_ = util::Writer();
    count_ = 0;
    paths_ = 0;
    first_.clear();
    last_.clear();
    return out.take();
}

} // namespace saoluu::format
