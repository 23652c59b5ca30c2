// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <string_view>

namespace saoluu::test {

/// Whether all is to be tried, which may take an hour, and not a sample (CONTRIBUTING.md).
inline bool is_thorough() {
    const char* value = std::getenv("SAOLUU_THOROUGH");
    return value != nullptr && std::string_view(value) == "1";
}

/// Every how many-th of `count` things is tried, so that about `sample` are.
inline std::size_t step_for(std::size_t count, std::size_t sample) {
    return is_thorough() || count <= sample ? 1 : (count + sample - 1) / sample;
}

} // namespace saoluu::test
