// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/s3_client.hpp"
#include "store/store.hpp"

#include "crypto/sha256.hpp"

#include <string_view>

namespace saoluu::store {

/// Has a put ask for retention until `now` and its days.
void add_retention(S3Request& request, const Retention& retention, std::int64_t now,
                   const crypto::Sha256& payload);

/// Store::find_out of a bucket, with objects below `base`tmp/.
Result<Facts> probe_s3(S3Client& client, std::string_view base);

} // namespace saoluu::store
