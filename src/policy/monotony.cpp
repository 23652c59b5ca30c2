// SPDX-License-Identifier: Apache-2.0
#include "policy/monotony.hpp"

#include "policy/wiped.hpp"
#include "util/unicode.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace saoluu::policy {
namespace {

// Keys in the order in which a finger walks over them: rows, their shifted signs, columns.
constexpr std::array<std::u32string_view, 14> kWalks = {
    U"1234567890-=", U"!@#$%^&*()_+", U"qwertyuiop[]", U"asdfghjkl;'", U"zxcvbnm,./",
    U"1qaz",         U"2wsx",         U"3edc",         U"4rfv",        U"5tgb",
    U"6yhn",         U"7ujm",         U"8ik,",         U"9ol."};
constexpr std::size_t kLeastRun = 3;

/// The ways in which one character can follow another, a bit each: equal, next or previous code
/// point, forth or back on each walk. A run goes on while one way holds all along.
using Ways = std::uint64_t;
static_assert(3 + 2 * kWalks.size() <= 64);

Ways ways_between(char32_t from, char32_t to) {
    const auto difference = static_cast<std::int64_t>(to) - static_cast<std::int64_t>(from);
    Ways ways = 0;
    if (difference >= -1 && difference <= 1)
        ways |= Ways{1} << (difference + 1);
    for (std::size_t walk = 0; walk < kWalks.size(); ++walk) {
        const std::size_t at = kWalks[walk].find(from);
        if (at == std::u32string_view::npos)
            continue;
        if (at + 1 < kWalks[walk].size() && kWalks[walk][at + 1] == to)
            ways |= Ways{1} << (3 + 2 * walk);
        if (at > 0 && kWalks[walk][at - 1] == to)
            ways |= Ways{1} << (4 + 2 * walk);
    }
    return ways;
}

std::size_t period_of(std::u32string_view text) {
    for (std::size_t size = 1; size * 2 <= text.size(); ++size)
        if (text.substr(size) == text.substr(0, text.size() - size))
            return size;
    return text.size();
}

void fold(std::u32string_view characters, std::u32string& to) {
    to.reserve(characters.size());
    for (const char32_t c : characters)
        if (const char32_t plain = util::plain_letter(c); plain != 0)
            to += plain;
}

} // namespace

std::size_t telling_characters(std::u32string_view characters) {
    Wiped<std::u32string> folded;
    fold(characters, folded.value);
    const std::u32string_view text =
        std::u32string_view(folded.value).substr(0, period_of(folded.value));
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size();) {
        std::size_t end = i + 1;
        for (Ways ways = ~Ways{0}; end < text.size(); ++end) {
            ways &= ways_between(text[end - 1], text[end]);
            if (ways == 0)
                break;
        }
        const std::size_t run = end - i;
        // A pair belongs to no run: its second character may begin one.
        count += run >= kLeastRun ? 2 : 1;
        i = run >= kLeastRun ? end : i + 1;
    }
    return count;
}

std::size_t different_characters(std::u32string_view characters) {
    Wiped<std::u32string> folded;
    fold(characters, folded.value);
    std::ranges::sort(folded.value);
    return static_cast<std::size_t>(
        std::distance(folded.value.begin(), std::unique(folded.value.begin(), folded.value.end())));
}

} // namespace saoluu::policy
