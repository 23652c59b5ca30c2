// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/s3_client.hpp"
#include "store/store.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace saoluu::store {

struct S3Range {
    std::string_view base;   ///< what the keys of a store begin with; not part of its names
    std::string_view prefix; ///< of the names
    std::string_view after;
    std::string_view what; ///< for messages
};

/// Store::list by pages of ListObjectsV2. A service that answers names out of order, twice or from
/// elsewhere is not believed.
/// errors: io; those of the service
Result<void> list_s3(S3Client& client, const S3Range& range,
                     const std::function<bool(const ObjectInfo&)>& each);

} // namespace saoluu::store
