// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands/setup_answers.hpp"

#include "saoluu/passphrase.hpp"

#include <optional>

namespace saoluu::cli {

/// What setup does when all is answered. Each step can be cut short and done again: the config file
/// comes last, so where there is one, only a backup may be lacking.
class SetupWork {
public:
    SetupWork(Context& context, SetupAnswers& answers) : context_(context), answers_(answers) {}

    /// Looks whether the files of credentials can be written.
    /// errors: exists, where another setup left others
    Result<void> prove_files() const;
    /// Makes the repository, or takes a key of one that is there, or finds both as an earlier setup
    /// left them.
    /// errors: as init_repository and issue_key
    Result<void> take_key(const PlaceLook& look);
    /// Writes the files of credentials, then the config file, each whole or not at all.
    /// errors: exists, denied, io
    Result<void> write_files();
    /// Runs the job as the daemon will.
    Result<ExitCode> back_up();

    [[nodiscard]] bool was_joined() const { return was_joined_; }

private:
    struct SecretFile {
        std::string path;
        SecretText text;
    };
    /// Those that are written beside the config file.
    [[nodiscard]] SecretFile access_key_file() const;
    [[nodiscard]] SecretFile mail_password_file() const;

    Result<void> make_repository();
    Result<void> join_repository();
    Result<void> prepare_folder(const std::string& folder) const;

    Context& context_;
    SetupAnswers& answers_;
    bool was_joined_ = false;
};

} // namespace saoluu::cli
