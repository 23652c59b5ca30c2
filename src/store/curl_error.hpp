// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <chrono>
#include <string>

#include <curl/curl.h>

namespace saoluu::store {

/// Of a transfer by libcurl that failed, of whatever protocol.
struct CurlFailure {
    const std::string& url;
    const char* detail; ///< what libcurl left in its error buffer; may be empty
    const std::string& ca_file;
    std::chrono::seconds patience{0}; ///< how long it was waited for an answer
};

/// What that means to a person, as http_error() says it.
Error curl_error(CURL* easy, CURLcode code, const CurlFailure& failure);

} // namespace saoluu::store
