// SPDX-License-Identifier: Apache-2.0
#include "util/clock.hpp"

#include <chrono>

namespace saoluu::util {
namespace {
class SystemClock final : public Clock {
public:
    [[nodiscard]] std::int64_t now() const override {
        const auto since = std::chrono::system_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::seconds>(since).count();
    }
};
} // namespace

const Clock& system_clock() {
    static const SystemClock clock;
    return clock;
}

} // namespace saoluu::util
