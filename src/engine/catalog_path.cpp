// SPDX-License-Identifier: Apache-2.0
#include "engine/catalog_path.hpp"

#include "format/entry.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace saoluu::engine {

bool is_below(std::string_view path, std::string_view folder) {
    if (folder.empty())
        return true;
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

Result<std::string> as_catalog_path(std::string_view path) {
    std::string out;
    std::size_t at = 0;
    while (at < path.size()) {
        const std::size_t slash = std::min(path.find('/', at), path.size());
        if (slash > at) {
            if (!out.empty())
                out += '/';
            out += path.substr(at, slash - at);
        }
        at = slash + 1;
    }
    if (const Result<void> good = format::check_path(out); !good)
        return fail(ErrorKind::usage, util::printable(path) + ": " + good.error().message());
    return out;
}

std::string_view folder_of_path(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

} // namespace saoluu::engine
