// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/sha256.hpp"
#include "store/s3_client.hpp"

#include "saoluu/reach.hpp"
#include "saoluu/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace saoluu::store {

/// Has a put ask that the object be kept until then (seconds since 1970). payload: of its body
void add_retention(S3Request& request, Retention::Mode mode, std::int64_t until,
                   const crypto::Sha256& payload);

/// When an object that is put now may be removed.
std::int64_t end_of_retention(const Retention& retention, std::int64_t now);

/// As Store::retained_until; `what` is the object's name for messages.
Result<std::optional<std::int64_t>> s3_retained_until(S3Client& client, const std::string& key,
                                                      std::string_view what);

} // namespace saoluu::store
