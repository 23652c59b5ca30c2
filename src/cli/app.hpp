// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/exit_codes.hpp"

#include <span>
#include <stop_token>

namespace saoluu::cli {

/// What must be known of the command line before it is parsed: messages about it come in this
/// language and form.
struct FirstLook {
    const char* language = ""; ///< of --lang, else empty
    bool json = false;
};
FirstLook first_look(std::span<char* const> arguments);

/// Parses the command line, runs the command, and writes what comes of it.
ExitCode run_app(std::span<char* const> arguments, bool json, std::stop_token stop);

} // namespace saoluu::cli
