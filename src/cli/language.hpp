// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace saoluu::cli {

/// Sets the locale from the environment and finds the translations: beside the program in a build
/// folder, else where they are installed. To be called before any other thread runs.
/// language: "vi", "en", or empty for what the environment asks for
void choose_language(const std::string& language);

} // namespace saoluu::cli
