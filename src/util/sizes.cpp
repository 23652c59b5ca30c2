// SPDX-License-Identifier: Apache-2.0
#include "util/sizes.hpp"

#include "util/text.hpp"

#include <cctype>
#include <charconv>
#include <cmath>
#include <string_view>

namespace saoluu::util {

Result<std::uint64_t> parse_size(const std::string& text) {
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
    std::string unit;
    for (const char* at = stop; at != end; ++at)
        if (*at != ' ')
            unit += static_cast<char>(std::tolower(static_cast<unsigned char>(*at)));
    constexpr std::string_view kSteps = "kmgtp";
    double factor = 1;
    std::string_view rest = unit;
    if (const std::size_t step = rest.empty() ? kSteps.npos : kSteps.find(rest.front());
        step != kSteps.npos) {
        factor = std::pow(1024.0, static_cast<double>(step + 1));
        rest.remove_prefix(1);
    }
    const bool is_unit = rest.empty() || rest == "b" || (factor > 1 && rest == "ib");
    const double bytes = number * factor;
    constexpr double kMost = 9e18;
    if (code != std::errc() || !is_unit || !(bytes >= 0) || bytes > kMost)
        return fail(ErrorKind::usage,
                    message(tr("{}: not a size; write it as 500k, 64M or 2G"), printable(text)));
    return static_cast<std::uint64_t>(bytes);
}

std::optional<double> parse_share(std::string_view text) {
    if (text.ends_with('%'))
        text.remove_suffix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    double percent = 0;
    const bool has_form =
        !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), percent);
    if (has_form && read.ec == std::errc() && read.ptr == text.data() + text.size() &&
        percent >= 1 && percent <= 100)
        return percent;
    return std::nullopt;
}

} // namespace saoluu::util
