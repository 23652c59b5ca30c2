// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"

#include "util/text.hpp"
#include "util/unicode.hpp"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

namespace saoluu::cli {
namespace {

std::string local(UnixTime seconds, bool with_hour) {
    const std::time_t time = seconds;
    std::tm parts{};
    if (::localtime_r(&time, &parts) == nullptr)
        return util::utc_time(seconds);
    std::string text =
        fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900L, parts.tm_mon + 1, parts.tm_mday);
    if (with_hour)
        text += fmt::format(" {:02}:{:02}", parts.tm_hour, parts.tm_min);
    return text;
}

} // namespace

std::string Table::text(std::size_t indent) const {
    std::vector<std::vector<std::string>> lines;
    if (std::ranges::any_of(columns_, [](const Column& column) { return !column.title.empty(); })) {
        lines.emplace_back();
        for (const Column& column : columns_)
            lines.back().push_back(column.title);
    }
    lines.insert(lines.end(), rows_.begin(), rows_.end());
    std::vector<std::size_t> widths(columns_.size());
    for (const auto& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i)
            widths[i] = std::max(widths[i], util::display_width(line[i]));

    std::string out;
    for (const auto& line : lines) {
        std::string row(indent, ' ');
        for (std::size_t i = 0; i < line.size(); ++i) {
            const std::string blanks(widths[i] - util::display_width(line[i]), ' ');
            row += i > 0 ? "  " : "";
            row += columns_[i].align == Align::right ? blanks + line[i] : line[i] + blanks;
        }
        row.erase(row.find_last_not_of(' ') + 1);
        out += row + '\n';
    }
    return out;
}

std::string wrapped(std::string_view text, std::size_t columns) {
    std::string out, line;
    const auto end_line = [&] {
        out += (out.empty() ? "" : "\n") + line;
        line.clear();
    };
    while (!text.empty()) {
        const std::size_t end = text.find_first_of(" \n");
        const std::string_view word = text.substr(0, end);
        if (!line.empty() && util::display_width(line) + 1 + util::display_width(word) > columns)
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

std::string local_time(UnixTime seconds) {
    return local(seconds, true);
}

std::string local_date(UnixTime seconds) {
    return local(seconds, false);
}

} // namespace saoluu::cli
