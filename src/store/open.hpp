// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/local.hpp"
#include "store/location.hpp"
#include "store/store.hpp"

#include "saoluu/reach.hpp"

#include <memory>

namespace saoluu::store {

/// The store of a location, of whatever kind, with what makes a network bearable around it:
/// limits, new tries, reading ahead. missing: of its folder or prefix
/// errors: usage, unsupported (parse_location); no_repository; denied, io
Result<std::unique_ptr<Store>> open_store(const Location& location, const Reach& reach,
                                          MissingFolder missing);

} // namespace saoluu::store
