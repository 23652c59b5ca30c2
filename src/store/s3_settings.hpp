// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/location.hpp"
#include "store/sigv4.hpp"

#include "saoluu/reach.hpp"
#include "saoluu/result.hpp"

#include <string>

namespace saoluu::store {

/// How a bucket is reached, with nothing left open.
struct S3Settings {
    std::string bucket;
    std::string scheme; ///< http or https
    std::string host;   ///< of the header Host: with its port where it is not the usual one
    std::string root;   ///< of paths: "/" or "/bucket/"
    bool is_loopback = false;
    std::string ca_file;
    SigningKey key;
    SecretText session_token;

    [[nodiscard]] std::string endpoint() const { return scheme + "://" + host; }
};

/// What `reach` gives, and the environment where it gives nothing.
/// errors: usage (nothing gives the endpoint or the keys, http:// to another machine), which say
/// what to set
Result<S3Settings> s3_settings(const S3Location& location, const S3Reach& reach);

} // namespace saoluu::store
