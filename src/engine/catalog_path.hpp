// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <string>
#include <string_view>

namespace saoluu::engine {

/// Whether `path` is `folder` or in it; both as catalogs write them.
bool is_below(std::string_view path, std::string_view folder);

/// A path as a person writes it in the form of catalogs: "/a//b/" -> "a/b".
/// errors: usage where no catalog can hold it
Result<std::string> as_catalog_path(std::string_view path);

/// The folder that a path lies in; of a top one, and of the root, the root.
std::string_view folder_of_path(std::string_view path);

} // namespace saoluu::engine
