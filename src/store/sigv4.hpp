// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/http.hpp"

#include "saoluu/secret_text.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace saoluu::store {

/// Parameters of a URL, neither side encoded.
using Query = std::map<std::string, std::string>;

/// As it stands in a URL behind the `?`: ordered and encoded as Signature Version 4 wants it.
std::string to_text(const Query& query);

/// Who signs, and for what.
struct SigningKey {
    std::string access_key;
    SecretText secret_key;
    std::string region;
    std::string service = "s3";
};

struct UnsignedRequest {
    std::string_view method;
    std::string_view path; ///< begins with a slash; encoded, as it is sent
    std::string_view query;
    /// All that shall be signed, `Host` among them.
    const HttpHeaders& headers;
    std::string_view payload_sha256; ///< hex
};

/// "20130524T000000Z", what the header x-amz-date must say.
std::string amz_date(std::int64_t seconds);

/// The value of the header Authorization. date: what amz_date() gave
/// source: "Signature Calculations for the Authorization Header" of the Amazon S3 API reference
std::string authorization(const SigningKey& key, const UnsignedRequest& request,
                          const std::string& date);

} // namespace saoluu::store
