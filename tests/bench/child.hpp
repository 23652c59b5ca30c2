// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace saoluu::bench {

/// What a process took.
struct Cost {
    double wall_seconds = 0;
    double cpu_seconds = 0; ///< of all its threads, in the kernel too
    double peak_mib = 0;    ///< resident, with the pages of mapped files that it touched
    double own_mib = 0;     ///< of that, what is no file's: looked at a hundred times a second
    int exit_code = -1;     ///< -1: ended by a signal
};

/// Runs a program with its output in a file, and waits for it. The peak that the system tells
/// begins with that of whoever starts it, so the caller must be small.
Cost run_program(const std::vector<std::string>& words,
                 const std::vector<std::pair<std::string, std::string>>& environment,
                 const std::string& output);

/// Runs `work` in a process of its own, so that its memory is not this one's; ends the program
/// where it fails.
void run_apart(const std::function<void()>& work);

} // namespace saoluu::bench
