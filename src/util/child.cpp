// SPDX-License-Identifier: Apache-2.0
#include "util/child.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <array>

extern char** environ;

namespace saoluu::util {

std::vector<std::pair<std::string, std::optional<std::string>>> without_credentials() {
    constexpr std::array<std::string_view, 3> kPrefixes = {"SAOLUU_PASSPHRASE", "AWS_SECRET",
                                                           "AWS_SESSION"};
    std::vector<std::pair<std::string, std::optional<std::string>>> changes;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        const std::string_view whole(*variable);
        const std::string_view name = whole.substr(0, whole.find('='));
        if (std::ranges::any_of(kPrefixes,
                                [&](std::string_view prefix) { return name.starts_with(prefix); }))
            changes.emplace_back(name, std::nullopt);
    }
    return changes;
}

std::string one_line(std::string_view said) {
    std::string line;
    while (!said.empty()) {
        std::string_view next = said.substr(0, said.find('\n'));
        said.remove_prefix(std::min(said.size(), next.size() + 1));
        const std::size_t begin = next.find_first_not_of(" \t\r");
        if (begin == std::string_view::npos)
            continue;
        next = next.substr(begin, next.find_last_not_of(" \t\r") - begin + 1);
        line += (line.empty() ? "" : "; ") + printable(next);
    }
    return line;
}

} // namespace saoluu::util
