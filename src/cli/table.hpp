// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace saoluu::cli {

/// Text in aligned columns, two blanks apart; widths are those of a terminal.
class Table {
public:
    enum class Align { left, right };
    struct Column {
        std::string title;
        Align align = Align::left;
    };

    /// With all titles empty there is no line of titles.
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    /// Lines that end in '\n', each indented.
    [[nodiscard]] std::string text(std::size_t indent = 0) const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

/// Breaks text at blanks into lines of at most `columns`; its own line ends stay.
std::string wrapped(std::string_view text, std::size_t columns);

/// "2026-11-23 15:30" of the machine's time zone
std::string local_time(UnixTime seconds);
/// "2026-11-23" of the machine's time zone
std::string local_date(UnixTime seconds);

} // namespace saoluu::cli
