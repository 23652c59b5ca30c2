// SPDX-License-Identifier: Apache-2.0
#include "service/journal.hpp"

#include "service/systemd.hpp"
#include "util/clock.hpp"
#include "util/text.hpp"

#include <cstdio>

#include <fmt/format.h>

namespace saoluu::service {
namespace {

int priority_of(Telling::Level level) { // syslog's
    switch (level) {
    case Telling::Level::error:
        return 3;
    case Telling::Level::warning:
        return 4;
    case Telling::Level::info:
        break;
    }
    return 6;
}

} // namespace

void write_journal(Telling::Level level, const std::string& line) {
    static const bool for_journal = is_journal();
    const std::string head = for_journal ? fmt::format("<{}>", priority_of(level))
                                         : util::utc_time(util::system_clock().now()) + " ";
    fmt::print(stderr, "{}{}\n", head, line);
}

} // namespace saoluu::service
