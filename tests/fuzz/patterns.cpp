// SPDX-License-Identifier: Apache-2.0
#include "engine/patterns.hpp"
#include "fuzz.hpp"

#include <vector>

/// Patterns of what is left out, line by line as a file has them. The input's first line is the
/// path that they are asked about.

using namespace saoluu;
using namespace saoluu::fuzz;
using engine::Patterns;

namespace {

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input in(data, size);
    const bool is_folder = in.choice(2) == 1;
    std::string_view text = util::as_text(in.rest());
    const std::string_view path = take_line(text);
    Patterns patterns;
    std::vector<std::string_view> good;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        const auto added = patterns.add_line(line);
        if (added)
            good.push_back(line);
        else
            demand(added.error().kind() == ErrorKind::usage, "a pattern that is none is a mistake");
    }
    const Patterns::Verdict verdict = patterns.match(path, is_folder);
    const bool takes = patterns.takes(path, is_folder);
    demand(verdict != Patterns::Verdict::taken || takes, "a path that is taken is taken");
    const std::size_t slash = path.rfind('/');
    demand(slash == std::string_view::npos || takes || !patterns.takes(path.substr(0, slash), true),
           "what lies in a folder that is taken is taken");
    for (const std::string_view line : good)
        demand(patterns.add_line(line).has_value(), "a good pattern stays good");
    demand(patterns.match(path, is_folder) == verdict && patterns.takes(path, is_folder) == takes,
           "the last pattern that matches decides, however often they are said");
    return 0;
}
