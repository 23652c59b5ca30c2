// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/ledger.hpp"

namespace saoluu::repo {

/// Whether those bytes are an admin's fence that ends this session at this place (FORMAT.md 6.4,
/// 10.3). One by an admin who was revoked since counts only where his ledger tells of it.
bool is_fence_that_counts(const Access& access, const Ledger& ledger,
                          const format::SessionId& session, util::BytesView object);

} // namespace saoluu::repo
