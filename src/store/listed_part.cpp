// SPDX-License-Identifier: Apache-2.0
#include "store/listed_part.hpp"

#include "store/folder_trash.hpp"
#include "store/store.hpp"

#include <algorithm>
#include <array>

namespace saoluu::store {
namespace {

// tmp/ is never listed; lost+found belongs to the file system, where a repository is a whole disk.
constexpr std::array<std::string_view, 2> kHidden = {"tmp/", "lost+found/"};
constexpr int kMostDepth = 16;

/// The last part of a path, with the slash of a folder.
std::string_view last_part(std::string_view path) {
    const std::size_t above =
        path.size() < 2 ? std::string_view::npos : path.rfind('/', path.size() - 2);
    return path.substr(above == std::string_view::npos ? 0 : above + 1);
}

} // namespace

std::optional<std::string> ListedPart::start() const {
    const std::size_t slash = prefix_.rfind('/');
    if (slash == std::string_view::npos)
        return "";
    std::string start(prefix_.substr(0, slash + 1));
    const bool is_hidden = std::ranges::any_of(
        kHidden, [&](std::string_view hidden) { return start.starts_with(hidden); });
    if (is_hidden || !check_name(prefix_.substr(0, slash)))
        return std::nullopt;
    return start;
}

bool ListedPart::has_file(std::string_view path) const {
    return path.starts_with(prefix_) && path > after_ && !is_trash(last_part(path));
}

bool ListedPart::has_some_of(std::string_view folder) const {
    return (folder.starts_with(prefix_) || prefix_.starts_with(folder)) &&
           (folder > after_ || after_.starts_with(folder)) &&
           std::ranges::find(kHidden, folder) == kHidden.end() && !is_trash(last_part(folder)) &&
           std::ranges::count(folder, '/') <= kMostDepth;
}

} // namespace saoluu::store
