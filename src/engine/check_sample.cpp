// SPDX-License-Identifier: Apache-2.0
#include "engine/check_sample.hpp"

#include "crypto/secret.hpp"

#include <array>
#include <bit>
#include <limits>
#include <numeric>
#include <utility>

namespace saoluu::engine {

std::uint64_t random_below(std::uint64_t bound) {
    // What lies past the last whole multiple would make small numbers likelier: drawn again.
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t fair = kMost - kMost % bound;
    for (;;) {
        std::array<std::byte, sizeof(std::uint64_t)> bytes{};
        crypto::random_bytes(bytes);
        const auto drawn = std::bit_cast<std::uint64_t>(bytes);
        if (drawn < fair)
            return drawn % bound;
    }
}

std::vector<bool> choose_share(std::span<const std::uint64_t> sizes, double percent,
                               const RandomBelow& random) {
    std::vector<bool> chosen(sizes.size(), percent >= 100);
    if (percent >= 100 || sizes.empty())
        return chosen;
    const auto all =
        static_cast<double>(std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0}));
    const double wanted = all * percent / 100;
    std::vector<std::size_t> order(sizes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    double held = 0;
    for (std::size_t i = 0; i < order.size() && (i == 0 || held < wanted); ++i) {
        std::swap(order[i], order[i + static_cast<std::size_t>(random(order.size() - i))]);
        chosen[order[i]] = true;
        held += static_cast<double>(sizes[order[i]]);
    }
    return chosen;
}

} // namespace saoluu::engine
