// SPDX-License-Identifier: Apache-2.0
#include "saoluu/passphrase.hpp"

#include "policy/common_passwords.hpp"
#include "policy/monotony.hpp"
#include "policy/wiped.hpp"
#include "util/text.hpp"
#include "util/unicode.hpp"
#include "util/words.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace saoluu {
namespace {
using util::message;
using util::tr;

constexpr std::size_t kLeastCharacters = 14;
constexpr std::size_t kLeastWords = 6;
/// Of six random words two are the same once in a hundred times, three hardly ever.
constexpr std::size_t kLeastDifferentWords = 5;
/// 14 characters with one or two short runs (2026, !!!) still pass.
constexpr std::size_t kLeastTelling = 11;
constexpr std::size_t kLeastDifferent = 7;

struct Shape {
    policy::Wiped<std::u32string> characters;
    bool lower = false, upper = false, digit = false, other = false;
    bool beyond_ascii = false;
};

/// False: not valid UTF-8.
bool look_at(std::string_view utf8, Shape& shape) {
    shape.characters.value.reserve(utf8.size());
    while (const auto c = util::take_code_point(utf8)) {
        shape.characters.value += *c;
        shape.beyond_ascii |= *c > 0x7f;
        switch (util::class_of(*c)) {
        case util::CharacterClass::lower:
            shape.lower = true;
            break;
        case util::CharacterClass::upper:
            shape.upper = true;
            break;
        case util::CharacterClass::digit:
            shape.digit = true;
            break;
        case util::CharacterClass::other:
            shape.other = true;
            break;
        }
    }
    return utf8.empty();
}

enum class WordsVerdict { not_words, too_few, repeated, enough };

/// Whether it consists of words of the built-in list, joined by `-` or spaces, in any case.
WordsVerdict judge_words(std::u32string_view characters) {
    std::vector<std::string_view> words; // of the list itself: no secret but in their order
    policy::Wiped<std::string> word;
    word.value.reserve(characters.size() + 1);
    const auto end_word = [&] {
        if (word.value.empty())
            return true;
        const auto list = util::passphrase_words();
        const auto at = std::ranges::lower_bound(list, std::string_view(word.value));
        if (at == list.end() || *at != word.value)
            return false;
        words.push_back(*at);
        word.value.clear();
        return true;
    };
    for (const char32_t c : characters) {
        const bool joint = c == U'-' || c == U' ';
        if (joint ? !end_word() : c > 0x7f)
            return WordsVerdict::not_words;
        if (!joint)
            word.value += static_cast<char>(util::plain_letter(c));
    }
    if (!end_word())
        return WordsVerdict::not_words;
    if (words.size() < kLeastWords)
        return WordsVerdict::too_few;
    std::ranges::sort(words);
    const auto different = std::distance(words.begin(), std::unique(words.begin(), words.end()));
    return different < static_cast<std::ptrdiff_t>(kLeastDifferentWords) ? WordsVerdict::repeated
                                                                         : WordsVerdict::enough;
}

std::string missing_classes(const Shape& shape) {
    const std::array<std::pair<bool, const char*>, 4> classes = {{
        {shape.lower, tr("lower-case letters")},
        {shape.upper, tr("upper-case letters")},
        {shape.digit, tr("digits")},
        {shape.other, tr("signs or spaces")},
    }};
    std::string missing;
    for (const auto& [present, name] : classes)
        if (!present)
            missing += (missing.empty() ? "" : ", ") + std::string(name);
    return missing;
}

/// What is wrong with it; empty if nothing is.
std::string fault_of(const Shape& shape) {
    const std::u32string_view characters = shape.characters.value;
    switch (judge_words(characters)) {
    case WordsVerdict::enough:
        return "";
    case WordsVerdict::repeated:
        return tr("it repeats the same words");
    case WordsVerdict::too_few:
    case WordsVerdict::not_words:
        break;
    }
    if (policy::is_common_password(characters))
        return tr("it is a common password with a few characters added, which programs that guess "
                  "try first");
    if (characters.size() < kLeastCharacters)
        return message(tr("it has {} characters, at least {} are needed (or {} random words of the "
                          "program's list)"),
                       characters.size(), kLeastCharacters, kLeastWords);
    if (policy::telling_characters(characters) < kLeastTelling ||
        policy::different_characters(characters) < kLeastDifferent)
        return tr("it consists of repetitions or of neighbouring letters, digits or keys");
    if (const std::string missing = missing_classes(shape); !missing.empty())
        return message(
            tr("it lacks {}: lower-case and upper-case letters, digits and signs are all "
               "needed"),
            missing);
    return "";
}

} // namespace

PassphraseVerdict judge_passphrase(std::string_view utf8) {
    auto normal = util::to_nfc(utf8);
    Shape shape;
    const bool readable = normal && look_at(*normal, shape);
    if (normal)
        ::explicit_bzero(normal->data(), normal->size());
    if (!readable)
        return {.good = false, .reason = tr("it is not valid UTF-8 text"), .advice = ""};
    std::string fault = fault_of(shape);
    std::string advice;
    if (shape.beyond_ascii)
        advice =
            tr("It has letters with marks. Where there is no Vietnamese keyboard (Telex, VNI), "
               "as on a rescue system, they can't be typed: try it there, or choose one of "
               "plain letters.");
    return {.good = fault.empty(), .reason = std::move(fault), .advice = std::move(advice)};
}

} // namespace saoluu
