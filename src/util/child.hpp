// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// For those who run programs that a person wrote into the config file or on the command line.
namespace saoluu::util {

/// Changes to the environment of a child (ProcessOptions::environment) that take away what opens
/// our repositories and stores: passphrases, and access keys of S3 services.
std::vector<std::pair<std::string, std::optional<std::string>>> without_credentials();

/// What a program wrote, as one printable line: its lines that are not empty, with "; " between.
std::string one_line(std::string_view said);

} // namespace saoluu::util
