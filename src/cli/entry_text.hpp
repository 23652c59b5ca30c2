// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/output.hpp"

#include "saoluu/listing.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace saoluu::cli {

/// The path as it may be printed; of a folder it ends in `/`.
std::string path_text(const EntryInfo& entry);

/// As ls -l begins a line: "drwxr-x---".
std::string mode_text(const EntryInfo& entry);

/// f, d or l, as find's --type takes them.
std::optional<EntryType> type_of_letter(std::string_view letter);

/// "file", "folder", … in --json
const char* name_of(EntryType type);

/// Puts what is known of an entry into an object: path, kind, mode, owner, time, size, target.
void put_entry(Json& object, const EntryInfo& entry);

} // namespace saoluu::cli
