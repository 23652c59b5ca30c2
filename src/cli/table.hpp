// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/layout.hpp"

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

using util::local_date;
using util::local_time;
using util::wrapped;

} // namespace saoluu::cli
