// SPDX-License-Identifier: Apache-2.0
#include "store/s3_probe.hpp"

#include "util/text.hpp"

namespace saoluu::store {

Result<Facts> probe_s3(S3Client& /*client*/, std::string_view /*base*/) {
    return Facts();
}

void add_retention(S3Request& request, const Retention& retention, std::int64_t now,
                   const crypto::Sha256& /*payload*/) {
    constexpr std::int64_t kDay = 24 * 60 * 60;
    request.headers.emplace_back("x-amz-object-lock-mode",
                                 retention.mode == Retention::Mode::governance ? "GOVERNANCE"
                                                                               : "COMPLIANCE");
    request.headers.emplace_back("x-amz-object-lock-retain-until-date",
                                 util::utc_time(now + retention.days * kDay));
}

} // namespace saoluu::store
