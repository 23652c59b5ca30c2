// SPDX-License-Identifier: Apache-2.0
#include "util/unicode.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace saoluu::util;

TEST_CASE("code points are taken off one by one, up to what is not valid") {
    std::string_view text = "aế🗄\xff";
    CHECK(take_code_point(text) == U'a');
    CHECK(take_code_point(text) == U'ế');
    CHECK(take_code_point(text) == U'🗄');
    CHECK_FALSE(take_code_point(text));
    CHECK(text == "\xff");
    text = {};
    CHECK_FALSE(take_code_point(text));
    text = "\xe1\xba"; // cut off
    CHECK_FALSE(take_code_point(text));
}

TEST_CASE("characters fall into the classes of a passphrase") {
    for (const char32_t c : U"aếđß")
        if (c != 0)
            CHECK(class_of(c) == CharacterClass::lower);
    for (const char32_t c : U"AẾĐ")
        if (c != 0)
            CHECK(class_of(c) == CharacterClass::upper);
    for (const char32_t c : U"09٣")
        if (c != 0)
            CHECK(class_of(c) == CharacterClass::digit);
    for (const char32_t c : U" -!日")
        if (c != 0)
            CHECK(class_of(c) == CharacterClass::other);
    CHECK(is_letter(U'ế'));
    CHECK(is_letter(U'日'));
    CHECK_FALSE(is_letter(U'1'));
    CHECK_FALSE(is_letter(U'\u0301'));
}

TEST_CASE("letters lose their marks and their case") {
    CHECK(plain_letter(U'Ế') == U'e');
    CHECK(plain_letter(U'ợ') == U'o');
    CHECK(plain_letter(U'ư') == U'u');
    CHECK(plain_letter(U'đ') == U'd');
    CHECK(plain_letter(U'Đ') == U'd');
    CHECK(plain_letter(U'z') == U'z');
    CHECK(plain_letter(U'7') == U'7');
    CHECK(plain_letter(U'\u0301') == 0);
}

TEST_CASE("columns are counted as a terminal does") {
    CHECK(display_width("") == 0);
    CHECK(display_width("abc") == 3);
    CHECK(display_width("ế") == 1);
    CHECK(display_width("e\xcc\x82\xcc\x81") == 1);
    CHECK(display_width("日本") == 4);
}
