// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/config.hpp"

#include "scratch_folder.hpp"

#include <fstream>
#include <string>

#include <sys/stat.h>

namespace saoluu::test {

/// A config file, and what becomes of it when it is read.
class ConfigCase {
public:
    std::string write(const std::string& text, mode_t mode = 0600,
                      const std::string& name = "saoluu.toml") {
        const std::string path = folder / name;
        std::ofstream(path, std::ios::binary) << text;
        ::chmod(path.c_str(), mode);
        return path;
    }
    Result<Config> load(const std::string& text, mode_t mode = 0600) {
        return load_config(write(text, mode));
    }
    /// The error, with the file's path left out.
    std::string error_of(const std::string& text, mode_t mode = 0600) {
        const auto config = load(text, mode);
        if (config)
            return "no error";
        std::string message = config.error().message();
        const std::string path = folder / "saoluu.toml";
        for (std::size_t at = 0; (at = message.find(path)) != std::string::npos;)
            message.replace(at, path.size(), "F");
        return message;
    }
    ScratchFolder folder;
};

} // namespace saoluu::test
