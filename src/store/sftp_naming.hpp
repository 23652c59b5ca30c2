// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/sftp_channel.hpp"
#include "store/store.hpp"

#include "saoluu/result.hpp"

#include <string>
#include <string_view>

namespace saoluu::store::sftp {

/// How a file gets its name.
enum class Naming {
    rename, ///< which refuses a name that is there
    link,   ///< by hardlink@openssh.com, which does, and removing the old name
    look,   ///< by looking, then renaming: two may look at once
};

/// Finds out, with two empty files under tmp/, which of them works here. Version 3 says that a
/// rename must refuse a name that is there; not every server does.
Result<Naming> find_naming(Channel& channel, const std::string& root);

/// Gives a file under tmp/ the name `to`, whose missing folders are made. Where it is taken, `from`
/// is removed. from, to: paths below root
Result<Put> give_name(Channel& channel, const std::string& root, Naming naming,
                      std::string_view from, std::string_view to);

/// Without waiting for its answer, and whatever it is.
void remove_later(Channel& channel, const std::string& path);

} // namespace saoluu::store::sftp
