// SPDX-License-Identifier: Apache-2.0
#include "policy/time_zone.hpp"

#include "util/text.hpp"

#include <chrono>

namespace saoluu::policy {

using util::message;
using util::printable;
using util::tr;

Result<cctz::time_zone> find_time_zone(std::string_view name) {
    if (name.empty())
        return cctz::local_time_zone();
    cctz::time_zone zone;
    // The library opens a file of that name; a path is no name.
    const bool is_name = name.front() != '/' && name.find("..") == std::string_view::npos &&
                         name.find('\0') == std::string_view::npos;
    if (!is_name || !cctz::load_time_zone(std::string(name), &zone))
        return fail(
            ErrorKind::usage,
            message(tr("{}: there is no such time zone: Viet Nam's is Asia/Ho_Chi_Minh, and "
                       "all others need the package tzdata"),
                    printable(name)));
    return zone;
}

std::function<std::int64_t(std::int64_t moment)> wall_clock(cctz::time_zone zone) {
    return [zone](std::int64_t moment) {
        const std::chrono::sys_seconds time{std::chrono::seconds(moment)};
        return moment + zone.lookup(time).offset;
    };
}

} // namespace saoluu::policy
