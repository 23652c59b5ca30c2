// SPDX-License-Identifier: Apache-2.0
#include "util/layout.hpp"

#include "util/text.hpp"
#include "util/unicode.hpp"

#include <ctime>

#include <fmt/format.h>

namespace saoluu::util {
namespace {

std::string local(std::int64_t seconds, bool with_hour) {
    const std::time_t time = seconds;
    std::tm parts{};
    if (::localtime_r(&time, &parts) == nullptr)
        return utc_time(seconds);
    std::string text =
        fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900L, parts.tm_mon + 1, parts.tm_mday);
    if (with_hour)
        text += fmt::format(" {:02}:{:02}", parts.tm_hour, parts.tm_min);
    return text;
}

} // namespace

std::string wrapped(std::string_view text, std::size_t columns) {
    std::string out, line;
    const auto end_line = [&] {
        out += (out.empty() ? "" : "\n") + line;
        line.clear();
    };
    while (!text.empty()) {
        const std::size_t end = text.find_first_of(" \n");
        const std::string_view word = text.substr(0, end);
        if (!line.empty() && display_width(line) + 1 + display_width(word) > columns)
            end_line();
        line += (line.empty() ? "" : " ") + std::string(word);
        if (end == std::string_view::npos)
            break;
        if (text[end] == '\n')
            end_line();
        text.remove_prefix(end + 1);
    }
    end_line();
    return out;
}

std::string local_time(std::int64_t seconds) {
    return local(seconds, true);
}

std::string local_date(std::int64_t seconds) {
    return local(seconds, false);
}

} // namespace saoluu::util
