// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/local.hpp"
#include "store/location.hpp"
#include "store/sftp_pool.hpp"
#include "store/store.hpp"

#include "saoluu/reach.hpp"
#include "saoluu/result.hpp"

#include <memory>
#include <string>

namespace saoluu::store {

/// Objects as files in a folder of an SFTP account, laid out as a local store's. A file is written
/// under tmp/, synced where the server can (fsync@openssh.com), and given its name in the way that
/// was found, by trying, not to overwrite: a plain rename, or hardlink@openssh.com; where both do,
/// it is looked for before (nature().creates_exclusively). The protocol can't sync a folder. What
/// was left in tmp/ is removed a day later.
/// Needs the program `ssh`. Up to 4 connections, for all of a store's threads.
/// modes: files 0600, folders 0700
/// errors: no_repository if the folder is missing and refused; denied of the key, the host's key
///         or the folder; usage of what `reach` names; unsupported of a server without SFTP; io
Result<std::unique_ptr<Store>> open_sftp_store(const SftpLocation& location, const Reach& reach,
                                               MissingFolder missing);

/// The same over connections of any kind.
struct SftpPlace {
    sftp::Connect connect;
    std::string root;  ///< the server's path of the folder; not ending with a slash, but "/"
    std::string label; ///< describe()
};
Result<std::unique_ptr<Store>> open_sftp_store(SftpPlace place, const Reach& reach,
                                               MissingFolder missing);

} // namespace saoluu::store
