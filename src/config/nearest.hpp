// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace saoluu::config {

/// The one of `known` that `word` is most probably a slip of the keyboard for: it takes the fewest
/// changes of a letter (one added, left out, another, or two swapped), at most a third of its
/// length. Empty: none is near.
std::string nearest(std::string_view word, std::span<const std::string_view> known);

} // namespace saoluu::config
