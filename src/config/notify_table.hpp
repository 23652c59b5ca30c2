// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/fields.hpp"

#include "saoluu/config.hpp"

namespace saoluu::config {

struct NotifyTable {
    NotifyConfig notify;
    bool has_secret = false; ///< in the config file itself: the address of a webhook
};

/// [notify] of the file, with the tables in it.
/// errors: usage; as reading the files of the password and of the token
Result<NotifyTable> read_notify(const FileContext& file, const Value& table);

} // namespace saoluu::config
