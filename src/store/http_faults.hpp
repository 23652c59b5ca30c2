// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace saoluu::store {

/// How a request can end without an answer.
enum class HttpFault {
    unknown_host,
    no_connection,
    stalled,
    bad_certificate,
    bad_ca_file,
    no_tls,
    bad_url,
    no_memory,
    broken_off,
};

struct HttpFaultDetails {
    std::string_view url;
    std::string_view detail; ///< the library's own words
    std::string_view ca_file;
    int system_code = 0;    ///< errno of the connection, if any
    long verify_result = 0; ///< OpenSSL's X509_V_…
    std::chrono::seconds stall_patience{0};
};

/// What it means to a person, and whether trying again may help. Names the service.
Error http_error(HttpFault fault, const HttpFaultDetails& details);

/// A decimal number, nothing else around it.
std::optional<std::uint64_t> parse_number(std::string_view digits);

} // namespace saoluu::store
