// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace saoluu::config {

/// What SCHEME://HOST[:PORT][/…] says.
struct ServerAddress {
    std::string scheme; ///< in lower case
    std::string host;   ///< a name, or a number; [::1] in its brackets
    std::string port;   ///< empty: none is named
    std::string rest;   ///< from the first / on

    /// This machine itself, whatever its names are in the DNS.
    [[nodiscard]] bool is_loopback() const;
};

/// Nothing where it is none, or names a user, or has other characters than an address can have.
std::optional<ServerAddress> parse_server(std::string_view text);

/// Whether it is an address of mail, name@host in plain letters, and nothing else.
bool is_mail_address(std::string_view text);

} // namespace saoluu::config
