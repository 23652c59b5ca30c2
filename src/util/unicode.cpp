// SPDX-License-Identifier: Apache-2.0
#include "util/unicode.hpp"

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>
#include <uniwidth.h>

#include <array>
#include <cstdint>

namespace saoluu::util {
namespace {
const std::uint8_t* units(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}
} // namespace

std::optional<char32_t> take_code_point(std::string_view& utf8) {
    if (utf8.empty())
        return std::nullopt;
    ucs4_t c = 0;
    const int length = u8_mbtoucr(&c, units(utf8), utf8.size());
    if (length <= 0)
        return std::nullopt;
    utf8.remove_prefix(static_cast<std::size_t>(length));
    return c;
}

CharacterClass class_of(char32_t character) {
    if (uc_is_property_lowercase(character))
        return CharacterClass::lower;
    if (uc_is_property_uppercase(character))
        return CharacterClass::upper;
    if (uc_is_general_category(character, UC_DECIMAL_DIGIT_NUMBER))
        return CharacterClass::digit;
    return CharacterClass::other;
}

bool is_letter(char32_t character) {
    return uc_is_general_category(character, UC_LETTER);
}

char32_t plain_letter(char32_t character) {
    if (uc_is_general_category(character, UC_MARK))
        return 0;
    std::array<ucs4_t, UC_DECOMPOSITION_MAX_LENGTH> parts{};
    ucs4_t base = character;
    while (uc_canonical_decomposition(base, parts.data()) > 0)
        base = parts[0];
    if (base == U'đ' || base == U'Đ') // a letter of its own, which Unicode does not take apart
        return U'd';
    return uc_tolower(base);
}

std::size_t display_width(std::string_view utf8) {
    const int width = u8_width(units(utf8), utf8.size(), "UTF-8");
    return width < 0 ? utf8.size() : static_cast<std::size_t>(width);
}

} // namespace saoluu::util
