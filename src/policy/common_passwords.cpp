// SPDX-License-Identifier: Apache-2.0
#include "policy/common_passwords.hpp"

#include "policy/wiped.hpp"
#include "util/unicode.hpp"

#include <algorithm>
#include <array>

namespace saoluu::policy {
namespace {

// The words that the published lists of leaked passwords begin with, and those that the lists from
// Vietnam and the desks of its offices add. Sorted, for the search.
// clang-format off
constexpr std::array kCommon = std::to_array<std::u32string_view>({
    U"aaaa", U"abc", U"abcd", U"access", U"account", U"admin", U"administrator", U"adminpass",
    U"anhemmotnha", U"anhnhoem", U"anhyeuem", U"asdf", U"asdfgh", U"asdfghjkl", U"backup",
    U"baomat", U"baseball", U"batman", U"bimat", U"bomeyeucon", U"buonngu", U"canbo", U"changeme",
    U"charlie", U"chaoban", U"chungtoi", U"computer", U"concho", U"conyeume", U"danang", U"default",
    U"doimatkhau", U"donald", U"dragon", U"emyeuanh", U"facebook", U"football", U"freedom",
    U"giadinh", U"gmail", U"google", U"guest", U"hainguyen", U"haiphong", U"hanoi", U"hello",
    U"hochiminh", U"hoilamgi", U"hunter", U"iloveyou", U"internet", U"khongbiet", U"khongcho",
    U"khongnho", U"khongten", U"kho", U"ketoan", U"letmein", U"login", U"love", U"maiyeuem",
    U"master", U"matkhau", U"matkhaucua", U"matkhaumanh", U"matkhaumoi", U"maytinh", U"michael",
    U"microsoft", U"monkey", U"motconvit", U"mustang", U"mypassword", U"newpassword", U"ngoisao",
    U"nguyen", U"office", U"pass", U"passphrase", U"passw", U"password", U"phongtaivu", U"princess",
    U"qazwsx", U"quantri", U"quantrivien", U"qwer", U"qwert", U"qwerty", U"qwertyuiop", U"root",
    U"saigon", U"saoluu", U"saoluudulieu", U"secret", U"server", U"shadow", U"starwars", U"sunshine",
    U"superman", U"support", U"system", U"test", U"thanhpho", U"toiyeuem", U"toiyeuvietnam",
    U"trustno", U"ubnd", U"uyban", U"uybannhandan", U"user", U"vanphong", U"vanthu", U"vietnam",
    U"vietnamvodich", U"viettel", U"welcome", U"whatever", U"windows", U"xinchao", U"yeuem",
    U"zxcvbn", U"zxcvbnm",
});
// clang-format on

/// Longer rows of words are sentences.
constexpr std::size_t kMostWords = 3;

bool is_listed(std::u32string_view word) {
    return std::ranges::find(kCommon, word) != kCommon.end();
}

/// Consists of at most `most` listed words and nothing else.
bool is_row_of_listed(std::u32string_view text, std::size_t most) {
    if (text.empty())
        return true;
    return most > 0 && std::ranges::any_of(kCommon, [&](std::u32string_view word) {
               return text.starts_with(word) &&
                      is_row_of_listed(text.substr(word.size()), most - 1);
           });
}

/// One piece of it, if it is that piece again and again; else all of it.
std::u32string_view unit_of(std::u32string_view text) {
    for (std::size_t size = 1; size * 2 <= text.size(); ++size)
        if (text.size() % size == 0 && text.substr(size) == text.substr(0, text.size() - size))
            return text.substr(0, size);
    return text;
}

bool is_common(std::u32string_view letters) {
    return !letters.empty() &&
           (is_row_of_listed(letters, kMostWords) || is_listed(unit_of(letters)));
}

/// The letter that a digit or sign stands for in "p@ssw0rd".
char32_t letter_meant(char32_t c) {
    switch (c) {
    case U'@':
    case U'4':
        return U'a';
    case U'8':
        return U'b';
    case U'(':
        return U'c';
    case U'3':
    case U'€':
        return U'e';
    case U'6':
    case U'9':
        return U'g';
    case U'1':
    case U'!':
    case U'|':
        return U'i';
    case U'0':
        return U'o';
    case U'5':
    case U'$':
        return U's';
    case U'7':
    case U'+':
        return U't';
    default:
        return c;
    }
}

} // namespace

bool is_common_password(std::u32string_view characters) {
    const auto is_letter = [](char32_t c) { return util::is_letter(c); };
    const auto first = std::ranges::find_if(characters, is_letter);
    const auto last = std::find_if(characters.rbegin(), characters.rend(), is_letter).base();
    // Three readings: digits and signs mean letters, or they mean nothing, also at both ends.
    Wiped<std::u32string> meant, bare, meant_whole;
    for (auto* text : {&meant, &bare, &meant_whole})
        text->value.reserve(characters.size()); // no copy is left behind by growing
    const auto add = [](std::u32string& to, char32_t c) {
        const char32_t plain = util::plain_letter(c);
        if (plain != 0 && util::is_letter(plain))
            to += plain;
    };
    for (auto at = characters.begin(); at != characters.end(); ++at) {
        add(meant_whole.value, letter_meant(*at));
        add(bare.value, *at);
        if (at >= first && at < last)
            add(meant.value, letter_meant(*at));
    }
    return is_common(meant.value) || is_common(bare.value) || is_common(meant_whole.value);
}

} // namespace saoluu::policy
