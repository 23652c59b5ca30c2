// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/store.hpp"

#include <memory>

namespace saoluu::store {

/// Objects in memory: for tests, and as the base of the fault-injecting decorators.
std::unique_ptr<Store> make_memory_store();

} // namespace saoluu::store
