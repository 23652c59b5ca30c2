// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"
#include "util/bytes.hpp"

#include "saoluu/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saoluu::store {

/// The longest answer that is read: a page of 1,000 keys of 1,024 bytes, each of them %XX.
inline constexpr std::uint64_t kMostS3Answer = 8 << 20;

/// One page of ListObjectsV2: whole keys as the bucket has them.
struct S3Page {
    std::vector<ObjectInfo> objects = {};
    bool is_truncated = false;     ///< there are more
    std::string continuation = {}; ///< how to ask for them; may be empty
};
/// errors: corrupt
Result<S3Page> parse_s3_page(util::BytesView xml);

/// What a refusal says of itself. All may be empty: proxies answer in other words.
struct S3Refusal {
    std::string code = {};
    std::string message = {};
    std::string region = {};   ///< the bucket's, where it lies in another
    std::string endpoint = {}; ///< where to ask in place of this one
};
S3Refusal parse_s3_refusal(util::BytesView xml);

/// errors: corrupt
Result<Retention::Mode> parse_s3_retention_mode(util::BytesView xml);
/// When a retention ends, in seconds since 1970.
/// errors: corrupt
Result<std::int64_t> parse_s3_retention_end(util::BytesView xml);
/// "2027-01-17T08:00:00Z", with any fraction of a second, as seconds since 1970; none for all else.
std::optional<std::int64_t> parse_s3_time(std::string_view text);
/// Whether a bucket keeps every version: "Enabled", "Suspended", or empty if it never did.
/// errors: corrupt
Result<std::string> parse_s3_versioning(util::BytesView xml);

} // namespace saoluu::store
