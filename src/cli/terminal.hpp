// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

namespace saoluu::cli {

bool is_terminal(int fd);

/// Columns of the terminal at `fd`; 80 where it does not say.
std::size_t terminal_columns(int fd);

/// A person can be asked: standard input and standard error are a terminal.
bool can_ask();

/// A line that was typed unseen; wiped when it goes.
class HiddenLine {
public:
    HiddenLine() = default;
    HiddenLine(const HiddenLine&) = delete;
    HiddenLine& operator=(const HiddenLine&) = delete;
    ~HiddenLine();
    [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

private:
    friend class LineReader;
    std::array<char, 4096> bytes_{}; // what a terminal takes as one line
    std::size_t size_ = 0;
};

/// Asks on standard error and reads a line from standard input that is not shown.
/// errors: interrupted (a signal, or the end of input), usage if nobody can be asked, io
Result<std::unique_ptr<HiddenLine>> ask_hidden(const std::string& question, std::stop_token stop);

/// Asks on standard error and reads a line from standard input, without its line end.
/// errors: as ask_hidden
Result<std::string> ask_line(const std::string& question, std::stop_token stop);

/// Makes what is typed visible again, if it is hidden just now. May be called by signal handlers.
void restore_terminal();

} // namespace saoluu::cli
