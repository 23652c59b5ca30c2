// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace saoluu::util {

/// Takes the first code point off valid UTF-8; nullopt at the end or where it is not valid.
std::optional<char32_t> take_code_point(std::string_view& utf8);

enum class CharacterClass { lower, upper, digit, other };

/// Of any script; a letter that has no case is `other`.
CharacterClass class_of(char32_t character);
bool is_letter(char32_t character);

/// The letter in lower case and without its marks (Ế -> e, đ -> d); 0 for a mark that stands alone;
/// other characters as they are. No memory is allocated, so that a passphrase leaves no traces.
char32_t plain_letter(char32_t character);

/// Columns that printable text takes on a terminal.
std::size_t display_width(std::string_view utf8);

} // namespace saoluu::util
