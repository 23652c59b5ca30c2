// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/passphrase.hpp"
#include "saoluu/repository.hpp"
#include "saoluu/result.hpp"

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace saoluu::cli {

/// Options that every command takes, before or after its name.
struct GlobalOptions {
    std::vector<std::string> repositories; ///< locations, or names of stores of the config file
    std::string config;
    std::string limit_upload;
    std::string limit_download;
    std::string key_file;
    std::string passphrase_file;
    std::string slot;
    std::string language;
    bool json = false;
    bool quiet = false;
    bool verbose = false;
};

/// What the environment says. Taken once: the passphrase is wiped there, so that no child process
/// and no reader of /proc sees it.
struct Environment {
    std::string repository;
    std::string key_file;
    std::string passphrase_file;
    std::optional<Result<Passphrase>> passphrase;

    static Environment take();
};

/// What opens the repository: by option, else by the environment, else asked for on a terminal.
/// errors: usage if two of one rank are given, or none and nobody can be asked; as reading a file
Result<Credential> credential_of(const GlobalOptions& options, Environment& environment,
                                 const std::string& location, std::stop_token stop);

/// Before several repositories are opened by one key: where a passphrase must be asked for, that is
/// done now, once.
/// errors: of the terminal; interrupted
Result<void> ask_once(const GlobalOptions& options, Environment& environment, std::stop_token stop);

/// The passphrase of a new repository, where an option or the environment says it; nullopt: to be
/// asked for.
/// errors: usage if two of one rank are given, or a key file; as reading a file
Result<std::optional<Passphrase>> given_new_passphrase(const GlobalOptions& options,
                                                       Environment& environment);

} // namespace saoluu::cli
