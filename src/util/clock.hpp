// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace saoluu::util {

/// Where the time comes from; tests bring their own.
class Clock {
public:
    virtual ~Clock() = default;
    /// Seconds since 1970-01-01 UTC.
    [[nodiscard]] virtual std::int64_t now() const = 0;
};

/// The machine's clock.
const Clock& system_clock();

} // namespace saoluu::util
