// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/location.hpp"
#include "store/sftp_channel.hpp"

#include "saoluu/reach.hpp"
#include "saoluu/result.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace saoluu::store::sftp {

/// How an account is reached by OpenSSH's `ssh`, which brings the agent, known_hosts, its
/// configuration and jump hosts. Threads: connect() by many.
class Ssh {
public:
    /// errors: usage where what `reach` names is malformed or not there; io
    static Result<Ssh> make(const SftpLocation& location, const Reach& reach);
    Ssh(Ssh&&) noexcept;
    Ssh& operator=(Ssh&&) noexcept;
    ~Ssh();

    /// errors: as explain_ssh(); usage where there is no ssh
    [[nodiscard]] Result<std::unique_ptr<Channel>> connect() const;
    /// What is run.
    [[nodiscard]] const std::vector<std::string>& command() const { return command_; }

private:
    class PinnedKey;
    Ssh();
    std::unique_ptr<PinnedKey> pinned_; ///< a file that ssh reads, while this lives
    std::vector<std::string> command_;
    std::string what_;
    std::stop_token stop_;
};

/// Why ssh ended, from what it said, with the next step.
/// what: the store, for the message. has_begun: the server had said that it speaks SFTP
Error explain_ssh(std::string_view what, std::string_view said, bool has_begun);

} // namespace saoluu::store::sftp
