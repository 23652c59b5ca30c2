// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/exit_codes.hpp"

#include "saoluu/result.hpp"

#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace saoluu::cli {

/// The system's user by whom the daemon runs, where root sets it up and there is one. He may read
/// every file (CAP_DAC_READ_SEARCH) and writes only what is his.
class DaemonUser {
public:
    static std::optional<DaemonUser> find();

    /// Lets him read a file that stays root's.
    [[nodiscard]] Result<void> let_read(const std::string& path, mode_t mode) const;
    /// Gives him a folder whose files root may go on making: they are his group's.
    [[nodiscard]] Result<void> give_shared_folder(const std::string& path) const;
    [[nodiscard]] const std::string& home() const { return home_; }

private:
    DaemonUser(uid_t user, gid_t group, std::string home)
        : user_(user), group_(group), home_(std::move(home)) {}
    uid_t user_;
    gid_t group_;
    std::string home_;
};

/// Runs a program at this terminal and waits for it. A signal that asks us to stop is handed on.
/// errors: not_found, io; interrupted
Result<ExitCode> run_beside(std::string program, std::vector<std::string> words,
                            std::vector<std::string> options, const std::stop_token& stop);

} // namespace saoluu::cli
