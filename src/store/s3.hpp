// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/local.hpp"
#include "store/location.hpp"
#include "store/store.hpp"
#include "util/clock.hpp"

#include "saoluu/reach.hpp"
#include "saoluu/result.hpp"

#include <memory>

namespace saoluu::store {

/// Objects in a bucket of an S3-compatible service, below a prefix. Each put is one PUT with
/// If-None-Match: *; where a service does not know that (501), or place says so, it is looked
/// first. The bucket must exist; nothing is asked of it here. clock: signs; must outlive the store
/// errors: usage (s3_settings)
Result<std::unique_ptr<Store>> open_s3_store(const S3Location& location, const Reach& reach,
                                             MissingFolder missing,
                                             const util::Clock& clock = util::system_clock());

} // namespace saoluu::store
