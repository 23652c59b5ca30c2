// SPDX-License-Identifier: Apache-2.0
#include "store/curl_error.hpp"

#include "store/http_faults.hpp"

namespace saoluu::store {
namespace {

HttpFault fault_of(CURLcode code) {
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return HttpFault::unknown_host;
    case CURLE_COULDNT_CONNECT:
        return HttpFault::no_connection;
    case CURLE_OPERATION_TIMEDOUT:
        return HttpFault::stalled;
    case CURLE_PEER_FAILED_VERIFICATION:
        return HttpFault::bad_certificate;
    case CURLE_SSL_CACERT_BADFILE:
        return HttpFault::bad_ca_file;
    case CURLE_SSL_CONNECT_ERROR:
        return HttpFault::no_tls;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
        return HttpFault::bad_url;
    case CURLE_OUT_OF_MEMORY:
        return HttpFault::no_memory;
    default:
        return HttpFault::broken_off;
    }
}

} // namespace

Error curl_error(CURL* easy, CURLcode code, const CurlFailure& failure) {
    long os_error = 0, verify_result = 0;
    ::curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
    ::curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verify_result);
    return http_error(
        fault_of(code),
        {.url = failure.url,
         .detail = *failure.detail != '\0' ? failure.detail : ::curl_easy_strerror(code),
         .ca_file = failure.ca_file,
         .system_code = static_cast<int>(os_error),
         .verify_result = verify_result,
         .stall_patience = failure.patience});
}

} // namespace saoluu::store
