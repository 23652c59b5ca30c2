// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/reach.hpp"
#include "saoluu/result.hpp"

#include <string>

namespace saoluu::config {

/// Reads an access key from a file of its own: lines "key = value" as in ~/.aws/credentials,
///
///     [default]
///     aws_access_key_id = …
///     aws_secret_access_key = …
///     aws_session_token = …
///
/// the names with or without "aws_", the line in brackets only where there are several sections;
/// lines that begin with # or ; are comments.
/// errors: not_found, denied, io; refused (others can read it); usage, with file and line
Result<void> read_credentials(const std::string& path, S3Reach& reach);

} // namespace saoluu::config
