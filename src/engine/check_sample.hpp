// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace saoluu::engine {

/// A number below `bound` (1 or more), each as likely as any other.
using RandomBelow = std::function<std::uint64_t(std::uint64_t bound)>;

/// From the system's generator.
std::uint64_t random_below(std::uint64_t bound);

/// Chooses things at random until they hold `percent` of all bytes, at least one; for each thing
/// whether it was chosen.
std::vector<bool> choose_share(std::span<const std::uint64_t> sizes, double percent,
                               const RandomBelow& random);

} // namespace saoluu::engine
