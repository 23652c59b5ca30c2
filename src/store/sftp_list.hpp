// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/sftp_channel.hpp"
#include "store/store.hpp"

#include "saoluu/result.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace saoluu::store::sftp {

/// Store::list over one channel: up to 32 folders are read at once, in the order in which they are
/// shown.
/// memory: the names of 32 folders
/// errors: also no_repository, where root itself is gone
Result<void> list(Channel& channel, const std::string& root, std::string_view prefix,
                  std::string_view after, const std::function<bool(const ObjectInfo&)>& each);

/// Removes what processes that died left under tmp/ more than a day before `now` (by the server's
/// clock). Trouble with it is not an error: it is rubbish, not an object.
void remove_old_rubbish(Channel& channel, const std::string& root, std::int64_t now);

} // namespace saoluu::store::sftp
