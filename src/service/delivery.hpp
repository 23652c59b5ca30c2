// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/config.hpp"
#include "saoluu/repository.hpp"
#include "saoluu/result.hpp"

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace saoluu::service {

/// A message as it goes out; it is sent again as it stands where that fails.
struct Message {
    std::string id; ///< letters and digits, of this message alone: a copy of it can be told as one
    UnixTime at = 0;
    std::string subject; ///< UTF-8, a line
    std::string text;    ///< UTF-8, lines
    std::string json;    ///< the same for programs: an object
};

/// What became of a message that was sent to several people.
struct Delivery {
    std::vector<std::string> later;   ///< those that the server takes it for only later
    std::vector<std::string> refused; ///< those that it will not take it for, with its words
};

/// A way to tell people. Used by one thread at a time.
class Channel {
public:
    virtual ~Channel() = default;
    /// "mail" or "webhook"
    [[nodiscard]] virtual std::string name() const = 0;
    /// The server, for messages.
    [[nodiscard]] virtual std::string where() const = 0;
    /// only: of the recipients these; empty: all
    /// errors: io, denied, usage, refused, interrupted; they name the server and say what to do
    virtual Result<Delivery> send(const Message& message, const std::vector<std::string>& only,
                                  const std::stop_token& stop) = 0;
};

/// Those that the config file names.
std::vector<std::unique_ptr<Channel>> make_channels(const NotifyConfig& config);

std::unique_ptr<Channel> make_mail_channel(const MailConfig& config);
std::unique_ptr<Channel> make_webhook_channel(const WebhookConfig& config);

/// The host name of this machine.
std::string machine_name();

/// An id for a message.
std::string new_message_id();

} // namespace saoluu::service
