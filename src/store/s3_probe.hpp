// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/s3_client.hpp"
#include "store/store.hpp"

#include <string_view>

namespace saoluu::store {

/// Store::find_out of a bucket, by throw-away objects whose keys begin with `base`tmp/probe-. What
/// a service says it can do is not asked: some answer "done" to what they passed over.
///   conditional-create  yes; no: refused (501); ignored: it overwrites nevertheless
///   versioning          yes: what was overwritten can still be read; no
///   delete              allowed; marker: the object is hidden, its version stays; denied
///   delete-version      allowed, denied: of a version that is named (where versions are kept)
///   object-lock         yes: a retention is kept, and the version can't be removed; no; unknown:
///                       this access key may not set or see it
///   lock-bypass         allowed: this access key removes what is locked in mode governance; denied
///   clock-offset        seconds that the service's clock is ahead of this machine's
///   service             what it calls itself, if it does
/// errors: those of the service, where no object can be put at all or it fails for now
Result<Facts> probe_s3(S3Client& client, std::string_view base);

} // namespace saoluu::store
