// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

namespace saoluu::store {

/// Whether `put` refuses an existing name here, found by trying with throw-away objects under
/// tmp/: one after the other, and several at once.
Result<bool> has_exclusive_create(Store& store);

/// All that can be found out about a store by trying, for its `place`: "exclusive-create", and
/// what find_out() adds.
Result<Facts> probe(Store& store);

} // namespace saoluu::store
