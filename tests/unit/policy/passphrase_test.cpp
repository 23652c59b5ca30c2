// SPDX-License-Identifier: Apache-2.0
#include "saoluu/passphrase.hpp"
#include "util/words.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <unistd.h>

#include <doctest/doctest.h>

using saoluu::judge_passphrase;
using saoluu::Passphrase;

namespace {

struct TemporaryFile {
    std::string path;
    explicit TemporaryFile(std::string_view bytes) {
        std::string name =
            (std::filesystem::temp_directory_path() / "saoluu-passphrase-XXXXXX").string();
        const int fd = ::mkstemp(name.data());
        REQUIRE(fd >= 0);
        ::close(fd);
        path = name;
        std::ofstream(path, std::ios::binary) << bytes;
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { std::filesystem::remove(path); }
};

} // namespace

TEST_CASE("a passphrase that is long and mixed, or of enough listed words, is good") {
    constexpr std::array good = {
        "Mat-khau thu nghiem 2026!",
        "Correct horse 7 battery, and a password",
        "Quên mật khẩu là mất hết, 19 lần!",
        "kH7#qp2!vWz9Lm",
        "Dung quen password cua toi 1 lan!",
        "Con mèo 3 chân ngủ, trưa hè.",
        "8vL#2kd9%Xq1Zt",
        "Toi sinh ra o Hue nam 1987, ngay mua",
    };
    for (const std::string text : good) {
        CAPTURE(text);
        const auto verdict = judge_passphrase(text);
        CHECK_MESSAGE(verdict.good, verdict.reason);
        CHECK(verdict.reason.empty());
    }
}

TEST_CASE("a passphrase that is a common one as a whole is refused, and the reason said") {
    constexpr std::array bad = {
        "Matkhau@123456",      "Matkhau@123456789!", "M@tkh@u!!!!2026",     "Mật khẩu 123456789!",
        "MatKhau@MatKhau@123", "P@ssw0rd2026!!!",    "Password123456!",     "Admin@123Admin@123",
        "123456789Admin!@#",   "Iloveyou@2026!!",    "Anh Yeu Em 1234567!", "Vietnam@1234567",
        "Quantri@Vanphong@1",  "QuanTriVien#2026#",  "Welcome@Hanoi@2026",  "UBND@hanoi@2026!",
        "!!!!!Passw0rd1234",   "Saoluu@2026@2026",
    };
    for (const std::string text : bad) {
        CAPTURE(text);
        const auto verdict = judge_passphrase(text);
        CHECK_FALSE(verdict.good);
        CHECK(verdict.reason.find("common") != std::string::npos);
    }
}

TEST_CASE("repetitions, sequences and walks over the keys are refused") {
    constexpr std::array bad = {
        "aaaaaaaaaaaaA1!",        "Abcdefghijkl1!",  "Qwertyuiop1234!",  "1qaz2wsx3EDC$RFV",
        "AaAaAaAa1!1!1!",         "Zyxwvutsr9876!!", "aB1!aB1!aB1!aB1!", "Aa1!Aa1!Aa1!Aa1!Aa1!",
        "!@#$%^&*()Aa1234567890", "Asdfghjkl;'1234",
    };
    for (const std::string text : bad) {
        CAPTURE(text);
        const auto verdict = judge_passphrase(text);
        CHECK_FALSE(verdict.good);
        CHECK_FALSE(verdict.reason.empty());
    }
}

TEST_CASE("a short passphrase, or one that lacks a class, is refused") {
    constexpr std::array bad = {
        "",
        "kH7#qp2!",
        "kH7#qp2!vWz9L",           // 13
        "kh7#qp2!vwz9lmxo",        // no upper
        "KH7#QP2!VWZ9LMXO",        // no lower
        "kHs#qpf!vWzrLmox",        // no digit
        "kH7sqp2fvWz9LmXo",        // no sign
        "\xff\xfe kH7#qp2!vWz9Lm", // not text
    };
    for (const std::string text : bad) {
        CAPTURE(text);
        CHECK_FALSE(judge_passphrase(text).good);
    }
    CHECK(judge_passphrase("kH7#qp2!").reason.find("14") != std::string::npos);
    CHECK(judge_passphrase("kh7#qp2!vwz9lmxo").reason.find("upper-case") != std::string::npos);
}

TEST_CASE("characters are counted after composing them") {
    // 13 characters, of which six come as a letter and a mark
    const auto verdict = judge_passphrase("Ba\xcc\x81 ba\xcc\x80 ba\xcc\x89 1!.");
    CHECK_FALSE(verdict.good);
    CHECK(verdict.reason.find("14") != std::string::npos);
}

TEST_CASE("letters with marks bring an advice, plain ones do not") {
    CHECK_FALSE(judge_passphrase("Quên mật khẩu là mất hết, 19 lần!").advice.empty());
    CHECK(judge_passphrase("kH7#qp2!vWz9Lm").advice.empty());
}

TEST_CASE("listed words are good from six on, joined by hyphens or spaces") {
    const auto words = saoluu::util::passphrase_words();
    const auto phrase = [&](std::size_t count, const std::string& joint, std::size_t step) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i)
            text += (i > 0 ? joint : "") + std::string(words[(100 + i * step) % words.size()]);
        return text;
    };
    CHECK(judge_passphrase(phrase(6, "-", 211)).good);
    CHECK(judge_passphrase(phrase(6, " ", 211)).good);
    CHECK(judge_passphrase(phrase(7, "  ", 211)).good);
    CHECK_FALSE(judge_passphrase(phrase(5, "-", 211)).good);
    CHECK_FALSE(judge_passphrase(phrase(7, "-", 0)).good); // one word seven times
    CHECK_FALSE(judge_passphrase(phrase(6, "", 211)).good);
    CHECK_FALSE(judge_passphrase(phrase(5, "-", 211) + "-zzzz").good);
}

TEST_CASE("the word list is what it is said to be") {
    const auto words = saoluu::util::passphrase_words();
    CHECK(words.size() == 2048);
    CHECK(std::ranges::is_sorted(words));
    std::set<std::string_view> beginnings;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        CAPTURE(word);
        CHECK(word.size() >= 3);
        CHECK(word.size() <= 6);
        CHECK(std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; }));
        CHECK(beginnings.insert(word.substr(0, 4)).second);
        if (i > 0)
            CHECK_FALSE(word.starts_with(words[i - 1]));
        CHECK(saoluu::util::is_passphrase_word(word));
    }
    CHECK_FALSE(saoluu::util::is_passphrase_word("zzzz"));
}

TEST_CASE("a generated passphrase is good, and never the same") {
    std::set<std::string> seen;
    for (int i = 0; i < 200; ++i) {
        const Passphrase passphrase = Passphrase::generate();
        const std::string text(passphrase.reveal());
        CAPTURE(text);
        CHECK(std::ranges::count(text, '-') == 6);
        CHECK(judge_passphrase(text).good);
        CHECK(seen.insert(text).second);
    }
}

TEST_CASE("a passphrase is kept in NFC") {
    const auto passphrase = Passphrase::from_text("e\xcc\x82\xcc\x81"); // e, circumflex, acute
    REQUIRE(passphrase);
    CHECK(passphrase->reveal() == "ế");
    CHECK_FALSE(Passphrase::from_text(""));
    CHECK_FALSE(Passphrase::from_text("\xff"));
    CHECK_FALSE(Passphrase::from_text(std::string_view("a\0b", 3)));
}

TEST_CASE("a passphrase file is its first line, whoever wrote it") {
    constexpr std::array<std::string_view, 5> files = {"the words", "the words\n", "the words\r\n",
                                                       "the words\nnot these\n",
                                                       "\xef\xbb\xbfthe words\r\n"};
    for (const auto bytes : files) {
        const TemporaryFile file(bytes);
        const auto passphrase = Passphrase::from_file(file.path);
        REQUIRE(passphrase);
        CHECK(passphrase->reveal() == "the words");
    }
    const TemporaryFile spaces(" two  spaces \n");
    CHECK(Passphrase::from_file(spaces.path)->reveal() == " two  spaces ");
}

TEST_CASE("a passphrase file that is empty, huge or missing is an error that names it") {
    const TemporaryFile empty("\nsecond line\n");
    const auto none = Passphrase::from_file(empty.path);
    REQUIRE_FALSE(none);
    CHECK(none.error().kind() == saoluu::ErrorKind::usage);
    CHECK(none.error().message().find(empty.path) != std::string::npos);
    const TemporaryFile huge(std::string(100'000, 'x'));
    CHECK_FALSE(Passphrase::from_file(huge.path));
    const auto missing = Passphrase::from_file("/nonexistent/file");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind() == saoluu::ErrorKind::not_found);
}
