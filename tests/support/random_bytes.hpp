// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/bytes.hpp"

#include <algorithm>
#include <cstdint>
#include <random>

namespace saoluu::test {

/// Bytes that no compressor shrinks; the same for the same seed.
inline util::Bytes random_bytes(std::size_t size, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    util::Bytes bytes(size);
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::byte>(random()); });
    return bytes;
}

} // namespace saoluu::test
