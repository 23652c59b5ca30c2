// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "repo/access.hpp"

#include "saoluu/result.hpp"

#include <string>
#include <vector>

namespace saoluu::engine {

/// The places of one run, one at least: copies of one repository, opened by one key.
using Places = std::vector<repo::Access*>;

/// Whether they are that, and no two are the same.
/// errors: usage
Result<void> check_places(const Places& places);

/// Folders of this program that must not be in a backup: it would chase its own tail.
std::vector<std::string> own_folders(const Places& places);

/// A source in a repository would leave nothing to back up, or backs up sealed objects: nobody
/// means that.
/// errors: usage
Result<void> check_sources_outside(const Places& places, const std::vector<std::string>& sources);

} // namespace saoluu::engine
