// SPDX-License-Identifier: Apache-2.0
#include "store/s3_errors.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace saoluu::store {
namespace {

using util::message;
using util::printable;
using util::tr;

template <std::size_t N>
bool is_one_of(std::string_view code, const std::array<std::string_view, N>& all) {
    return std::ranges::find(all, code) != all.end();
}

constexpr std::array<std::string_view, 10> kTryAgain = {"SlowDown",
                                                        "ServiceUnavailable",
                                                        "InternalError",
                                                        "RequestTimeout",
                                                        "Throttling",
                                                        "TooManyRequests",
                                                        "OperationAborted",
                                                        "ConditionalRequestConflict",
                                                        "BadDigest", // damaged on its way
                                                        "XAmzContentSHA256Mismatch"};
constexpr std::array<std::string_view, 5> kNoSpace = {"QuotaExceeded", "InsufficientStorage",
                                                      "XMinioStorageFull", "InsufficientCapacity",
                                                      "StorageLimitExceeded"};
constexpr std::array<std::string_view, 4> kOtherRegion = {"PermanentRedirect", "TemporaryRedirect",
                                                          "AuthorizationHeaderMalformed",
                                                          "IllegalLocationConstraintException"};
constexpr std::array<std::string_view, 2> kSkewed = {"RequestTimeTooSkewed", "RequestExpired"};
constexpr std::array<std::string_view, 3> kBadToken = {"InvalidToken", "ExpiredToken",
                                                       "TokenRefreshRequired"};

/// Ceph's gateway answers 403 AccessDenied or RequestTimeTooSkewed to a clock that is off, other
/// services SignatureDoesNotMatch: above what all of them allow, the clock is to blame.
constexpr std::int64_t kSkewAllowed = 15 * 60;

bool is_transient(int status) {
    return status == 408 || status == 409 || status == 425 || status == 429 || status == 500 ||
           status == 502 || status == 503 || status == 504;
}

Error of_region(const S3Refusal& refusal, const HttpAnswer& answer, const S3Settings& settings) {
    std::string right = refusal.region;
    if (right.empty())
        right = answer.header("x-amz-bucket-region");
    const std::string bucket = printable(settings.bucket);
    if (!right.empty() && right != settings.key.region)
        return {ErrorKind::usage,
                message(tr("bucket {} lies in the region {}, not in {}: set region (AWS_REGION), "
                           "and the endpoint that belongs to it"),
                        bucket, printable(right), printable(settings.key.region)),
                answer.status};
    std::string elsewhere = refusal.endpoint;
    if (elsewhere.empty())
        elsewhere = answer.header("location");
    if (!elsewhere.empty())
        return {ErrorKind::usage,
                message(tr("bucket {} is to be asked for at {}: if that is the service that you "
                           "mean, make it the endpoint"),
                        bucket, printable(elsewhere)),
                answer.status};
    return {ErrorKind::usage,
            message(tr("bucket {}: {} wants another region than {}: {}"), bucket,
                    settings.endpoint(), printable(settings.key.region),
                    printable(refusal.message)),
            answer.status};
}

Error of_clock(const HttpAnswer& answer, const S3Settings& settings, std::int64_t now) {
    return {ErrorKind::denied,
            message(tr("{}: this computer's clock and the service's are too far apart: here it is "
                       "{}, there {}: set the clock"),
                    settings.endpoint(), util::utc_time(now),
                    answer.server_time ? util::utc_time(*answer.server_time) : tr("not known")),
            answer.status};
}

Error of_key(const char* text, const HttpAnswer& answer, const S3Settings& settings) {
    return {ErrorKind::denied,
            message(text, settings.endpoint(), printable(settings.key.access_key)), answer.status};
}

} // namespace

std::string s3_code(const HttpAnswer& answer) {
    return parse_s3_refusal(answer.body).code;
}

Error s3_error(const HttpAnswer& answer, std::string_view what, const S3Settings& settings,
               std::int64_t now) {
    const S3Refusal refusal = parse_s3_refusal(answer.body);
    const std::string& code = refusal.code;
    const std::string name = printable(what);
    const auto words = [&] {
        std::string text = std::to_string(answer.status);
        if (!code.empty())
            text += " " + printable(code);
        if (!refusal.message.empty())
            text += ": " + printable(refusal.message.substr(0, 200));
        return text;
    };
    if (code == "NoSuchBucket")
        return {
            ErrorKind::no_repository,
            message(tr("{}: there is no bucket {} at {}: check its name, or have it made first"),
                    name, printable(settings.bucket), settings.endpoint()),
            answer.status};
    if (is_one_of(code, kOtherRegion) || answer.status == 301 || answer.status == 302 ||
        answer.status == 307 || answer.status == 308)
        return of_region(refusal, answer, settings);
    if (is_one_of(code, kNoSpace) || answer.status == 507)
        return {ErrorKind::no_space,
                message(tr("{}: the service has no room left for this account ({}): have its quota "
                           "raised, or prune"),
                        name, words()),
                answer.status};
    if (is_one_of(code, kTryAgain) ||
        (is_transient(answer.status) && code != "BucketAlreadyExists"))
        return Error(ErrorKind::io,
                     message(tr("{}: {} is busy or fails for now ({})"), name, settings.endpoint(),
                             words()),
                     answer.status)
            .with_retry();
    if (answer.status == 404)
        return {ErrorKind::not_found, message(tr("{}: no such object"), name), answer.status};
    if (answer.status == 400 || answer.status == 401 || answer.status == 403) {
        const bool is_far_off = answer.server_time && (*answer.server_time > now + kSkewAllowed ||
                                                       *answer.server_time < now - kSkewAllowed);
        if (is_one_of(code, kSkewed) || (is_far_off && answer.status != 400))
            return of_clock(answer, settings, now);
        if (code == "InvalidAccessKeyId")
            return of_key(tr("{}: the service does not know the access key {}: check it, and that "
                             "it is one of this service"),
                          answer, settings);
        if (code == "SignatureDoesNotMatch")
            return of_key(tr("{}: the secret key does not fit the access key {}: check that it was "
                             "copied whole"),
                          answer, settings);
        if (is_one_of(code, kBadToken))
            return of_key(tr("{}: the session token of access key {} has expired or is wrong: get "
                             "a new one"),
                          answer, settings);
    }
    if (answer.status == 401 || answer.status == 403)
        return {ErrorKind::denied,
                message(tr("{}: the service refused it to the access key {} ({}): check what the "
                           "key may do with bucket {}"),
                        name, printable(settings.key.access_key), words(),
                        printable(settings.bucket)),
                answer.status};
    if (answer.status == 501)
        return {
            ErrorKind::unsupported,
            message(tr("{}: {} can't do what was asked ({})"), name, settings.endpoint(), words()),
            answer.status};
    return {ErrorKind::io,
            message(tr("{}: {} answered in a way that is not understood ({})"), name,
                    settings.endpoint(), words()),
            answer.status};
}

} // namespace saoluu::store
