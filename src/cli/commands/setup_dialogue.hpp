// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands/setup_answers.hpp"

namespace saoluu::cli {

/// Asks on the terminal for what is not answered yet, and proves each answer at once: a wrong one
/// is explained and asked for again. Changes nothing. errors: interrupted
Result<void> ask_for_answers(Context& context, SetupAnswers& answers);

/// Shows what will be done, and asks whether it shall be.
/// errors: interrupted, also where the answer is no
Result<void> ask_to_begin(Context& context, const SetupAnswers& answers);

/// Says something to the one who sits at the terminal.
void tell(std::string_view text);

/// "2,000 files, 1.5 GiB" of a source, and what could not be read.
std::string text_of(const SourceCount& count);
/// "2026-11-30 11:30, …"
std::string text_of(const std::vector<UnixTime>& runs);

} // namespace saoluu::cli
