// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "format/types.hpp"

#include <map>
#include <string>
#include <vector>

namespace saoluu::format {

enum class FindingKind : std::uint64_t {
    unreadable = 1,
    vanished = 2,
    changed = 3,
    left_out = 4,
    more = 5,   ///< the note had no room for so many more findings: `code`
    suspect = 6 ///< the source had `code` entries or bytes before, and has lost most of them
};

/// Something in a source that did not go as it should.
struct NoteFinding {
    std::string path;
    std::uint64_t kind = 0; ///< a FindingKind, or a later one
    std::uint64_t code = 0; ///< errno, 0, or a number
    std::string text;
    friend bool operator==(const NoteFinding&, const NoteFinding&) = default;
};

/// What only a reader may know of a snapshot (FORMAT.md, 12.4).
struct Note {
    std::vector<std::string> sources; ///< absolute paths, bytes
    std::string host;
    std::vector<std::string> tags;
    std::map<std::uint64_t, std::string> users;  ///< uid -> name, bytes
    std::map<std::uint64_t, std::string> groups; ///< gid -> name, bytes
    std::vector<NoteFinding> findings;
    friend bool operator==(const Note&, const Note&) = default;
};
/// Findings that do not fit are counted in a last one of the kind `more`; their texts, and the
/// host, are made valid and cut to the limit. Tags must be texts as may_be_text() says.
Bytes encode_note(const Note& note);
/// errors: corrupt; unsupported
Result<Note> decode_note(BytesView plain);

} // namespace saoluu::format
