// SPDX-License-Identifier: Apache-2.0
#include "store/s3_lock.hpp"

#include "store/s3_answers.hpp"
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

Result<std::optional<std::int64_t>> s3_retained_until(S3Client& client, const std::string& key,
                                                      std::string_view what) {
    using Until = std::optional<std::int64_t>;
    const HttpAnswer head = TRY(client.send({.method = "HEAD", .key = key}));
    if (!head.is_good())
        return Failure(client.error(head, what));
    if (const Until until = parse_s3_time(head.header("x-amz-object-lock-retain-until-date")))
        return until;
    // Nothing holds it, or this account may not see what does: only a question for that is refused.
    constexpr std::uint64_t kMost = 64 << 10;
    const HttpAnswer answer =
        TRY(client.send({.key = key, .query = {{"retention", ""}}, .most = kMost}));
    if (answer.is_good()) {
        // Who knows no such question answers with the object.
        const Result<std::int64_t> end = parse_s3_retention_end(answer.body);
        return end ? Until(*end) : Until();
    }
    // Of an object or a bucket without locks; or the service knows none.
    const std::string code = s3_code(answer);
    const bool holds_nothing = code == "NoSuchObjectLockConfiguration" ||
                               code == "ObjectLockConfigurationNotFoundError" ||
                               code == "InvalidRequest" || code == "NotImplemented" ||
                               answer.status == 405 || answer.status == 501;
    if (holds_nothing)
        return Until();
    return Failure(client.error(answer, what));
}

} // namespace saoluu::store
