// SPDX-License-Identifier: Apache-2.0
#include "format/entry.hpp"

#include "util/text.hpp"

#include <algorithm>

namespace saoluu::format {
namespace {

using util::message;
using util::tr;

/// What a byte of a path counts when paths are sorted.
unsigned rank(char c) {
    return c == '/' ? 0 : static_cast<unsigned char>(c);
}

Failure bad_path(const char* what) {
    return fail(ErrorKind::corrupt, what);
}

} // namespace

std::strong_ordering compare_paths(std::string_view a, std::string_view b) {
    const auto [in_a, in_b] = std::mismatch(
        a.begin(), a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())),
        b.begin());
    if (in_a == a.end() || in_b == b.end())
        return a.size() <=> b.size();
    return rank(*in_a) <=> rank(*in_b);
}

Result<void> check_path(std::string_view path) {
    if (path.empty())
        return {};
    if (path.size() > limits::kPath)
        return bad_path(tr("the path is too long"));
    std::size_t depth = 0;
    for (std::size_t begin = 0;;) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string_view part = path.substr(begin, end - begin);
        if (part.empty())
            return bad_path(tr("the path has an empty part"));
        if (part == "." || part == "..")
            return bad_path(tr("the path has a part \".\" or \"..\""));
        if (part.find('\0') != std::string_view::npos)
            return bad_path(tr("the path has a zero byte"));
        if (++depth > limits::kDepth)
            return bad_path(tr("the path is too deep"));
        if (end == path.size())
            return {};
        begin = end + 1;
    }
}

} // namespace saoluu::format
