// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/http.hpp"
#include "store/s3_errors.hpp"
#include "store/s3_settings.hpp"
#include "util/clock.hpp"

#include "saoluu/reach.hpp"
#include "saoluu/result.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace saoluu::store {

/// A request for a bucket, or for an object in it.
struct S3Request {
    std::string method = "GET";
    std::string key = {}; ///< empty: of the bucket itself
    Query query = {};
    HttpHeaders headers = {}; ///< signed with those that every request has
    const Source* body = nullptr;
    std::uint64_t most = kMostS3Answer; ///< as HttpRequest has it
    std::span<std::byte> into = {};
};

/// Signed requests to one bucket. Threads: as HttpClient.
class S3Client {
public:
    /// The clock must outlive it.
    S3Client(S3Settings settings, const Reach& reach, const util::Clock& clock);

    /// Whatever the service answers. errors: those of HttpClient
    Result<HttpAnswer> send(const S3Request& request);
    /// Of an answer that is not what was hoped for; `what` was asked for.
    [[nodiscard]] Error error(const HttpAnswer& answer, std::string_view what) const {
        return s3_error(answer, what, settings_, clock_.now());
    }
    [[nodiscard]] const S3Settings& settings() const { return settings_; }
    [[nodiscard]] std::int64_t now() const { return clock_.now(); }

private:
    S3Settings settings_;
    HttpClient http_;
    const util::Clock& clock_;
};

} // namespace saoluu::store
