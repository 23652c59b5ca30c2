// SPDX-License-Identifier: Apache-2.0
#include "config/nearest.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace saoluu::config {
namespace {

/// Optimal string alignment distance, in bytes; capitals count as small letters, "-" as "_".
std::size_t distance(std::string_view a, std::string_view b) {
    const auto same = [](char x, char y) {
        const auto plain = [](char c) {
            return c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        };
        return plain(x) == plain(y);
    };
    std::vector<std::vector<std::size_t>> cost(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i)
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            const std::size_t change = same(a[i - 1], b[j - 1]) ? 0 : 1;
            cost[i][j] =
                std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    return cost[a.size()][b.size()];
}

} // namespace

std::string nearest(std::string_view word, std::span<const std::string_view> known) {
    constexpr std::size_t kMostWord = 64; // nobody mistypes that much, and the cost is quadratic
    std::string_view best;
    std::size_t least = 0;
    if (word.size() > kMostWord)
        return {};
    for (const std::string_view candidate : known) {
        const std::size_t cost = distance(word, candidate);
        if (cost <= std::max<std::size_t>(1, candidate.size() / 3) &&
            (best.empty() || cost < least)) {
            best = candidate;
            least = cost;
        }
    }
    return std::string(best);
}

} // namespace saoluu::config
