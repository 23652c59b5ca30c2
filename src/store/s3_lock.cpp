// SPDX-License-Identifier: Apache-2.0
#include "store/s3_lock.hpp"

#include "util/text.hpp"

#include <string>
#include <string_view>

namespace saoluu::store {
namespace {

std::string to_base64(util::BytesView bytes) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t three = 0;
        for (std::size_t k = 0; k < 3; ++k)
            three = three << 8 |
                    (i + k < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0);
        for (unsigned k = 0; k < 4; ++k)
            out += i + k > bytes.size() ? '=' : kDigits[(three >> (18 - 6 * k)) & 63];
    }
    return out;
}

} // namespace

void add_retention(S3Request& request, Retention::Mode mode, std::int64_t until,
                   const crypto::Sha256& payload) {
    request.headers.emplace_back("x-amz-object-lock-mode",
                                 mode == Retention::Mode::governance ? "GOVERNANCE" : "COMPLIANCE");
    request.headers.emplace_back("x-amz-object-lock-retain-until-date", util::utc_time(until));
    // Amazon takes no locked object without a checksum of its own beside the signed one.
    request.headers.emplace_back("x-amz-sdk-checksum-algorithm", "SHA256");
    request.headers.emplace_back("x-amz-checksum-sha256", to_base64(payload));
}

std::int64_t end_of_retention(const Retention& retention, std::int64_t now) {
    constexpr std::int64_t kDay = 24 * 60 * 60;
    return now + retention.days * kDay;
}

} // namespace saoluu::store
