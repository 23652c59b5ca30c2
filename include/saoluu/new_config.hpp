// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/config.hpp"
#include "saoluu/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace saoluu {

/// What a config file is to say that is written for someone. What is empty is left out; paths are
/// whole ones.
struct NewConfig {
    std::string key_file;

    std::string store_name, url;
    std::string endpoint, region, ca_file, credentials; ///< of S3; the last is a file
    std::string ssh_key, known_hosts, host_key;         ///< of SFTP

    std::string job_name;
    std::vector<std::string> sources;
    std::vector<std::string> excludes;
    std::vector<std::string> schedule; ///< OnCalendar
    unsigned max_age_hours = 0;

    std::string office;
    struct Mail {
        std::string server, from;
        std::vector<std::string> to;
        std::string user, password_file, ca_file;
    };
    std::optional<Mail> mail;
};

/// Its text, with comments in the language of this process.
/// errors: usage, which names a value that can't stand in a config file
Result<std::string> config_text(const NewConfig& config);

/// What the text of a config file says that would lie at `path`.
/// errors: as load_config
Result<Config> read_config_text(const std::string& text, const std::string& path);

} // namespace saoluu
