// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace saoluu::policy {

/// How many characters of a passphrase are worth something: in a run of equal, consecutive (abc,
/// 321) or neighbouring (qwer, !@#, 1qaz) ones only the first and the last count, and of a text
/// that repeats itself only one piece.
/// characters: code points in NFC
std::size_t telling_characters(std::u32string_view characters);

/// How many different letters, digits and signs it has; case and marks make no difference.
std::size_t different_characters(std::u32string_view characters);

} // namespace saoluu::policy
