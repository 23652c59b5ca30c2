// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/config.hpp"
#include "saoluu/result.hpp"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace saoluu {

/// How a channel took a message.
struct NotifyResult {
    std::string channel; ///< "mail" or "webhook"
    std::string where;   ///< the server; no secret
    std::vector<std::string> refused =
        {}; ///< recipients that the server does not take, with its words
    std::vector<std::string> later = {}; ///< recipients that it may take later
    std::optional<Error> error = {};     ///< it was sent to nobody

    [[nodiscard]] bool is_good() const { return !error && refused.empty() && later.empty(); }
};

/// Sends a test message through each channel that its [notify] has, in the language of this
/// process. told: called before each, with the channel and the server: it may take two minutes
/// errors: usage (no channel is set up), interrupted
Result<std::vector<NotifyResult>>
send_test(const Config& config,
          const std::function<void(const std::string& channel, const std::string& where)>& told,
          const std::stop_token& stop);

} // namespace saoluu
