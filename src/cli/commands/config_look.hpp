// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/config.hpp"
#include "saoluu/doctor.hpp"

#include <functional>
#include <string>
#include <vector>

namespace saoluu::cli {

/// Whether a schedule of the config file has no time that is still to come. None has none either.
bool is_over(const Config& config, const std::vector<std::string>& schedule);

/// What is well written in a config file and comes to nothing, each as a sentence: the schedules
/// that are over.
std::vector<std::string> doubts_about(const Config& config);

/// Whether what jobs name is there, and whether they will run. Nothing is changed.
void look_at_jobs(const Config& config, const std::function<void(const Verdict&)>& each);

} // namespace saoluu::cli
