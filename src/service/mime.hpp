// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/repository.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace saoluu::service {

/// A letter of plain text.
struct Letter {
    std::string id; ///< letters and digits
    UnixTime at = 0;
    std::string from;            ///< an address
    std::string from_name;       ///< shown in its place; UTF-8
    std::vector<std::string> to; ///< addresses
    std::string subject;         ///< UTF-8
    std::string text;            ///< UTF-8, lines that end in '\n'
};

/// Its bytes as they are sent: RFC 5322 with MIME (RFC 2045, 2047), in ASCII, lines of at most 76
/// characters that end in CRLF. Whatever stands in the letter, it makes no header of its own.
std::string mime_of(const Letter& letter);

/// A text for a header: as it stands if it is short and plain, else as encoded words on lines of
/// their own. first: columns that are taken on the first line
std::string header_text(std::string_view utf8, std::size_t first);

/// "Sat, 28 Nov 2026 07:37:02 +0000"
std::string mail_date(UnixTime at);

std::string quoted_printable(std::string_view text);

} // namespace saoluu::service
