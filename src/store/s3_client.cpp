// SPDX-License-Identifier: Apache-2.0
#include "store/s3_client.hpp"

#include "crypto/sha256.hpp"
#include "store/sigv4.hpp"
#include "util/bytes.hpp"

namespace saoluu::store {

S3Client::S3Client(S3Settings settings, const Reach& reach, const util::Clock& clock)
    : settings_(std::move(settings)),
      http_(
          {.ca_file = settings_.ca_file, .with_proxy = !settings_.is_loopback, .stop = reach.stop}),
      clock_(clock) {}

Result<HttpAnswer> S3Client::send(const S3Request& request) {
    const std::string path = settings_.root + url_encoded(request.key, Slashes::keep);
    const std::string query = to_text(request.query);
    const std::string date = amz_date(clock_.now());
    const std::string digest =
        util::to_hex(request.body == nullptr ? crypto::sha256({}) : request.body->sha256());

    HttpHeaders headers = request.headers;
    headers.emplace_back("Host", settings_.host);
    headers.emplace_back("x-amz-content-sha256", digest);
    headers.emplace_back("x-amz-date", date);
    if (!settings_.session_token.empty())
        headers.emplace_back("x-amz-security-token", settings_.session_token.reveal());
    const std::string signature = authorization(settings_.key,
                                                {.method = request.method,
                                                 .path = path,
                                                 .query = query,
                                                 .headers = headers,
                                                 .payload_sha256 = digest},
                                                date);
    headers.emplace_back("Authorization", signature);
    return http_.perform({.method = request.method,
                          .url = settings_.endpoint() + path + (query.empty() ? "" : "?" + query),
                          .headers = std::move(headers),
                          .body = request.body,
                          .most = request.most,
                          .into = request.into});
}

} // namespace saoluu::store
