// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands/setup_answers.hpp"

namespace saoluu::cli {

/// A store is proven from somebody's terminal, and used by the service, which has neither its
/// environment nor its ~/.ssh. What would be taken from there becomes part of the answers, as if it
/// had been typed; what can't, has to be named.
/// errors: usage, which says what
Result<void> take_surroundings(SetupAnswers& answers);

} // namespace saoluu::cli
