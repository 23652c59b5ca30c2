// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"

#include "util/unicode.hpp"

#include <algorithm>

namespace saoluu::cli {

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

} // namespace saoluu::cli
