// SPDX-License-Identifier: Apache-2.0
#include "store/store.hpp"

#include "util/assert.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace saoluu::store {
namespace {

// Far above every name of the format (FORMAT.md, section 3), within what S3 and file systems allow.
constexpr std::size_t kMostNameBytes = 1024;
constexpr std::size_t kMostPartBytes = 255;

bool is_good_part(std::string_view part) {
    return !part.empty() && part.size() <= kMostPartBytes && part != "." && part != "..";
}

bool is_good_name(std::string_view name) {
    if (name.size() > kMostNameBytes || name.find('\0') != std::string_view::npos)
        return false;
    for (;;) {
        const std::size_t slash = name.find('/');
        if (!is_good_part(name.substr(0, slash)))
            return false;
        if (slash == std::string_view::npos)
            return true;
        name.remove_prefix(slash + 1);
    }
}

} // namespace

Result<void> check_name(std::string_view name) {
    if (!is_good_name(name))
        return fail(ErrorKind::usage, util::message(util::tr("\"{}\" can't be an object's name"),
                                                    util::printable(name.substr(0, 100))));
    return {};
}

Result<std::vector<ObjectInfo>> list_all(Store& store, std::string_view prefix) {
    std::vector<ObjectInfo> all;
    TRY(store.list(prefix, {}, [&](const ObjectInfo& object) {
        all.push_back(object);
        return true;
    }));
    return all;
}

Result<bool> is_listed(Store& store, std::string_view name) {
    bool is_there = false;
    TRY(store.list(name, "", [&](const ObjectInfo& info) {
        is_there = info.name == name; // what begins with it comes behind it
        return false;
    }));
    return is_there;
}

Result<void> MemorySource::read(std::uint64_t offset, std::span<std::byte> out) const {
    ASSERT(offset <= bytes_.size() && out.size() <= bytes_.size() - offset);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return {};
}

Result<Put> Store::put_from(std::string_view name, const Source& source) {
    constexpr std::uint64_t kPiece = 1 << 20;
    const std::unique_ptr<Staged> staged = TRY(stage());
    util::Bytes piece;
    for (std::uint64_t at = 0; at < source.size(); at += piece.size()) {
        piece.resize(static_cast<std::size_t>(std::min(kPiece, source.size() - at)));
        TRY(source.read(at, piece));
        TRY(staged->append(piece));
    }
    return staged->commit(name);
}

Result<std::optional<std::int64_t>> Store::retained_until(std::string_view name) {
    TRY(stat(name));
    return std::optional<std::int64_t>();
}
void Store::will_read(std::string_view /*name*/, std::uint64_t /*offset*/, std::uint64_t /*size*/) {
}
void Store::use(const Ways& /*ways*/) {}
Result<Facts> Store::find_out() {
    return Facts();
}

} // namespace saoluu::store
