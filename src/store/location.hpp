// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace saoluu::store {

/// A folder of this machine; absolute, no slash at its end.
struct FolderLocation {
    std::string path;
};
/// sftp://[user@]host[:port]/path
struct SftpLocation {
    std::string user; ///< empty: whom ssh's configuration says
    std::string host;
    std::uint16_t port = 0; ///< 0: what ssh's configuration says
    std::string path;       ///< absolute; "/~/x" is x below the account's home
};
/// s3://bucket[/prefix]
struct S3Location {
    std::string bucket;
    std::string prefix; ///< no slash at either end; may be empty
};
using Location = std::variant<FolderLocation, SftpLocation, S3Location>;

/// Where a repository lies, as a person writes it: /path, file:///path, a path that counts from
/// the working folder, sftp://…, s3://….
/// errors: usage, which says what a location looks like; unsupported for another scheme
Result<Location> parse_location(std::string_view text);

/// The same place by one spelling, for messages and for what a machine remembers of it.
std::string to_text(const Location& location);

} // namespace saoluu::store
