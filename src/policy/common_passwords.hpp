// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace saoluu::policy {

/// Whether a passphrase, as a whole, is a common password: one of a list of such words, or up to
/// three of them one after another, or one again and again, whatever its case, marks, spaces,
/// common replacements of letters (@ for a) and digits or signs before and behind it.
/// A sentence that merely contains such a word is not one.
/// characters: code points in NFC
bool is_common_password(std::u32string_view characters);

} // namespace saoluu::policy
