// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <string>
#include <utility>
#include <vector>

namespace saoluu::cli {

/// What the program ends with. Scripts rely on these numbers: they never change their meaning.
enum class ExitCode : int {
    done = 0,
    failed = 1,
    usage = 2,
    incomplete = 3,
    no_repository = 10,
    wrong_key = 12,
    damage = 13,
    refused = 14,
    interrupted = 130,
};

ExitCode exit_code_of(ErrorKind kind);

/// What to do next about an error of this kind, translated; empty where its message tells.
std::string next_step(ErrorKind kind);

/// Each exit code with what it means, translated.
std::vector<std::pair<ExitCode, const char*>> exit_code_meanings();

/// The list of exit codes for --help.
std::string exit_codes_help();

} // namespace saoluu::cli
