// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace saoluu::util {

/// The 2048 words of generated passphrases, sorted: a-z, 3 to 6 letters, told apart by the first
/// four. How they were chosen stands in make_words.py.
std::span<const std::string_view> passphrase_words();

/// Whether a word (lower case) is in the list.
bool is_passphrase_word(std::string_view word);

} // namespace saoluu::util
