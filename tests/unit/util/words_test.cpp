// SPDX-License-Identifier: Apache-2.0
#include "util/words.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

using namespace saoluu::util;

TEST_CASE("the words are 2048, sorted, a-z, told apart by their first four letters") {
    const auto words = passphrase_words();
    CHECK(words.size() == 2048);
    CHECK(std::is_sorted(words.begin(), words.end()));
    std::set<std::string_view> beginnings;
    for (const std::string_view word : words) {
        CAPTURE(word);
        CHECK(word.size() >= 3);
        CHECK(word.size() <= 6);
        CHECK(std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; }));
        CHECK(beginnings.insert(word.substr(0, 4)).second);
        CHECK(is_passphrase_word(word));
    }
    CHECK_FALSE(is_passphrase_word(""));
    CHECK_FALSE(is_passphrase_word("zzzz"));
    CHECK_FALSE(is_passphrase_word(std::string(words[0]) + "x"));
}
