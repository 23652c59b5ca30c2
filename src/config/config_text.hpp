// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/config.hpp"

#include <string>

namespace saoluu::config {

struct ConfigText {
    Config config;
    bool has_secret = false; ///< in the text itself
};

/// What the text of a config file says. path: for messages, and its folder for paths
/// errors: usage; as reading a file of credentials
Result<ConfigText> parse_config(const std::string& text, const std::string& path);

} // namespace saoluu::config
