// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/fields.hpp"

#include "saoluu/config.hpp"

namespace saoluu::config {

struct StoreTable {
    StoreConfig store;
    bool has_secret = false; ///< in the config file itself
};

/// A [[store]] of the file.
/// errors: usage; as reading the file of credentials
Result<StoreTable> read_store(const FileContext& file, const Value& table);

} // namespace saoluu::config
