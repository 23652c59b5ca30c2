// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/source.hpp"
#include "util/bytes.hpp"

#include "saoluu/result.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace saoluu::store {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string method = "GET"; ///< GET, HEAD, PUT, POST or DELETE
    std::string url;            ///< sent as it stands
    HttpHeaders headers = {};
    const Source* body = nullptr; ///< of a PUT or POST
    /// Bytes of a good answer's body that are kept at most; what is longer is not read on.
    std::uint64_t most = 64 << 10;
    /// Where a good answer's body goes, in place of HttpAnswer::body and `most`.
    std::span<std::byte> into = {};
};

struct HttpAnswer {
    int status = 0;
    std::map<std::string, std::string, std::less<>> headers = {}; ///< names in lower case
    util::Bytes body = {};        ///< of a refusal no more than 64 KiB
    std::uint64_t body_bytes = 0; ///< of it that were kept, here or in `into`
    bool is_too_large = false;    ///< the body was longer than what was allowed, and left unread
    bool was_resent = false;      ///< the connection broke, and the request was sent anew
    std::optional<std::int64_t> server_time = {}; ///< its Date, seconds since 1970

    [[nodiscard]] bool is_good() const { return status >= 200 && status < 300; }
    /// Empty if there is none of that name (in lower case).
    [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct HttpOptions {
    std::string ca_file = {};  ///< certificates to trust in place of the system's
    bool with_proxy = true;    ///< as the environment names it (https_proxy, no_proxy)
    std::stop_token stop = {}; ///< ends requests that wait
    std::chrono::seconds connect_patience{30};
    /// So long a connection may stand still (under 64 bytes a second) before it counts as lost.
    std::chrono::seconds stall_patience{60};
};

/// Requests over http and https (TLS 1.2 and newer). Connections are kept for the next request,
/// names and TLS sessions are remembered; redirects are never followed.
/// Threads: perform() by many at once, each with a connection of its own.
class HttpClient {
public:
    explicit HttpClient(HttpOptions options);
    ~HttpClient();

    /// errors: io, may_retry() where the network or the service failed before an answer was whole;
    /// denied (a certificate that can't be trusted), usage (a CA file that can't be read),
    /// interrupted; those of the body. They name the host.
    Result<HttpAnswer> perform(const HttpRequest& request);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// What RFC 3986 leaves unreserved stands, other bytes become %XX; with `slashes` these stand too.
enum class Slashes { keep, encode };
std::string url_encoded(std::string_view bytes, Slashes slashes);
/// The reverse; + is a space, as in forms. errors: nothing where a % is not followed by two digits
std::optional<std::string> url_decoded(std::string_view text);

} // namespace saoluu::store
