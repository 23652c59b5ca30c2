// SPDX-License-Identifier: Apache-2.0
#include "engine/crew.hpp"

#include "util/text.hpp"

#include <algorithm>

namespace saoluu::engine {

Result<void> Crew::outcome() {
    const std::optional<Error> first =
        error_.with([](const std::optional<Error>& error) { return error; });
    if (first)
        return Failure(*first);
    if (stop_.stop_requested())
        return fail(ErrorKind::interrupted, util::tr("interrupted"));
    return {};
}

unsigned Crew::workers(unsigned asked) {
    return std::clamp(asked == 0 ? std::thread::hardware_concurrency() : asked, 1U, 64U);
}

} // namespace saoluu::engine
