// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"
#include "saoluu/secret_text.hpp"

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace saoluu::service {

struct SmtpServer {
    std::string url; ///< smtp://HOST:PORT or smtps://HOST:PORT
    /// Of smtp://: whether a server that offers no STARTTLS gets the letter all the same.
    bool may_be_plain = false;
    std::string user; ///< empty: none
    SecretText password;
    std::string ca_file; ///< certificates to trust in place of the system's
    std::chrono::seconds connect_patience{30};
    std::chrono::seconds patience{120}; ///< for all of it
};

struct SmtpAnswer {
    std::vector<std::string> later;   ///< recipients that are to be tried again
    std::vector<std::string> refused; ///< "address: 550 what the server says"
};

/// Hands a letter (as mime_of makes it) to a server (SMTP over TLS 1.2 and newer, by libcurl). It
/// is delivered if at least one recipient was taken. to: at least one errors: io, may_retry() where
/// the network or the server failed; denied (a certificate that can't
///         be trusted, a wrong password), refused (no encryption, or by the server's word), usage
///         (a CA file that can't be read), interrupted. They name the server and say what to do
Result<SmtpAnswer> send_letter(const SmtpServer& server, const std::string& from,
                               const std::vector<std::string>& to, std::string_view letter,
                               const std::stop_token& stop);

/// The codes and words of the replies to RCPT, in their order, of all the replies that a server
/// gave: those before the one to DATA, or, where it never came to that, the last ones.
struct SmtpReply {
    int code = 0;
    std::string text; ///< of its last line, code and all
};
std::vector<SmtpReply> recipient_replies(const std::vector<SmtpReply>& replies, std::size_t count);

} // namespace saoluu::service
