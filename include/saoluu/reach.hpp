// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"
#include "saoluu/secret_text.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace saoluu {

/// How an S3-compatible service is reached. What is empty comes from the environment:
/// AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
/// AWS_SESSION_TOKEN, AWS_CA_BUNDLE.
struct S3Reach {
    std::string endpoint;    ///< https://host[:port]
    std::string region;      ///< what the service calls it; us-east-1 where nothing says another
    bool path_style = true;  ///< https://host/bucket/name, else https://bucket.host/name
    std::string ca_file;     ///< certificates to trust in place of the system's
    bool plain_http = false; ///< allow http:// to other machines
    std::string access_key;
    SecretText secret_key;
    SecretText session_token;
};

/// How an SFTP account is reached, beside the URL. What is empty is left to ssh's own
/// configuration.
struct SftpReach {
    std::string key_file;    ///< a private key; else the agent's, or ssh's usual ones
    std::string known_hosts; ///< a file that is asked in place of ssh's usual ones
    std::string host_key;    ///< the only key that the host may have: "ssh-ed25519 AAAA…"
};

/// Times of the week at which other limits hold than at others, by the clock on the wall.
struct LimitWindow {
    std::string when;        ///< as it was written: "Mon..Fri 07:30-17:00"
    std::uint8_t days = 127; ///< those on which it begins: bit 0 is Monday
    std::chrono::minutes begin{};
    std::chrono::minutes end{};                ///< up to 24 h; not behind `begin`: on the next day
    std::optional<std::uint64_t> upload_limit; ///< bytes a second, 0: none; nothing: the usual one
    std::optional<std::uint64_t> download_limit;
};

/// How a store is reached that is more than a path.
struct Reach {
    S3Reach s3 = {};
    SftpReach sftp = {};
    std::uint64_t upload_limit = 0;   ///< bytes a second; 0: none
    std::uint64_t download_limit = 0; ///< the same
    /// The first that the time falls into counts in place of the two limits above.
    std::vector<LimitWindow> windows = {};
    /// The clock on the wall at a moment: both are seconds since 1970, the one of UTC, the other of
    /// its own. Empty: this machine's time zone. Called by any thread.
    std::function<std::int64_t(std::int64_t moment)> wall_clock = {};
    /// How long a store that does not answer is tried again, for each operation.
    std::chrono::seconds patience{300};
    /// Folder where what is on its way to a slow store waits; empty: of the system's temporary
    /// files.
    std::string spool_folder = {};
    /// Ends waiting for a store.
    std::stop_token stop = {};
    /// Told, by any thread, when an operation failed and will be tried again after a while.
    std::function<void(const Error& error, std::chrono::milliseconds pause)> on_wait = {};
};

/// A promise that a store is asked to keep of every object: for so long nobody can remove it.
struct Retention {
    enum class Mode {
        governance, ///< an account with a special right can
        compliance, ///< nobody can, not even the owner of the account
    };
    unsigned days = 0; ///< 0: none is asked for
    Mode mode = Mode::compliance;
};

} // namespace saoluu
