// SPDX-License-Identifier: Apache-2.0
#include "util/text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>

using namespace saoluu;
using namespace std::string_view_literals;
using util::printable;
using util::to_nfc;

TEST_CASE("Vietnamese comes to one form, however a keyboard composes it") {
    const std::string nfc = "\xe1\xba\xbf"; // U+1EBF, e with circumflex and acute
    CHECK(*to_nfc(nfc) == nfc);
    CHECK(*to_nfc("e\xcc\x82\xcc\x81") == nfc); // all marks apart (NFD, macOS)
    CHECK(*to_nfc("\xc3\xaa\xcc\x81") == nfc);  // ê and a mark behind it (CP1258, Windows)
    CHECK(*to_nfc("\xc3\xa9\xcc\x82") != nfc);  // é and a circumflex: another letter
    CHECK(*to_nfc("o\xcc\x9b\xcc\xa3") == "ợ"); // horn, dot below
    CHECK(*to_nfc("o\xcc\xa3\xcc\x9b") == "ợ"); // the other order of marks
    CHECK(*to_nfc("\xc6\xa1\xcc\xa3") == "ợ");  // ơ and a dot (CP1258)
    CHECK(*to_nfc("Tie\xcc\x82\xcc\x81ng Vie\xcc\xa3\xcc\x82t") == "Tiếng Việt");
    CHECK(*to_nfc("đ Đ") == "đ Đ"); // has no parts
    CHECK(to_nfc("")->empty());
    CHECK(*to_nfc("plain") == "plain");
    CHECK(*to_nfc("ﬁ ²") == "ﬁ ²"); // canonical only: what looks alike stays apart
}

TEST_CASE("normalising twice changes nothing more") {
    for (const auto text :
         {"Tiê\xcc\x81ng"sv, "\xcc\x81"sv, "각"sv, "a\xcc\xa3\xcc\x82\xcc\x81"sv}) {
        const std::string once = *to_nfc(text);
        CHECK(*to_nfc(once) == once);
    }
}

TEST_CASE("what is not UTF-8 is not normalised") {
    const auto result = to_nfc("a\xff");
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == ErrorKind::usage);
}

TEST_CASE("text is valid UTF-8 without NUL") {
    for (const auto good : {""sv, "a"sv, "ế"sv, "🗄"sv, "\n"sv, "\xf4\x8f\xbf\xbf"sv})
        CHECK(util::is_text(good));
    for (const auto bad : {"\0"sv, "a\0"sv, "\xff"sv, "\xc3"sv, "\xc0\xaf"sv, "\xed\xbf\xbf"sv,
                           "\xf5\x80\x80\x80"sv, "\xf4\x90\x80\x80"sv})
        CHECK_FALSE(util::is_text(bad));
}

TEST_CASE("names are printed so that they can't deceive") {
    struct Case {
        std::string_view name;
        std::string_view shown;
    };
    for (const Case& c : {
             Case{"báo cáo tháng 11.docx", "báo cáo tháng 11.docx"},
             Case{"日本 🗄", "日本 🗄"},
             Case{"a\nb", "a\\nb"},
             Case{"a\tb", "a\\tb"},
             Case{"a\\b", "a\\\\b"},
             Case{"\r", "\\x0d"},
             Case{"a\0b"sv, "a\\x00b"},
             Case{"\x1b[31mred", "\\x1b[31mred"}, // an escape sequence
             Case{"\x1b]0;title\x07", "\\x1b]0;title\\x07"},
             Case{"\x7f", "\\x7f"},
             Case{"\xc2\x9b"
                  "31m",
                  "\\u{9b}31m"}, // the one-character form of ESC [
             Case{"fdp.\xe2\x80\xae"
                  "exe",
                  "fdp.\\u{202e}exe"},                                 // right-to-left override
             Case{"\xe2\x81\xa6x\xe2\x81\xa9", "\\u{2066}x\\u{2069}"}, // isolates
             Case{"\xd8\x9c", "\\u{61c}"},                             // Arabic letter mark
             Case{"a\xe2\x80\x8b"
                  "b",
                  "a\\u{200b}b"}, // no width
             Case{"a\xc2\xad"
                  "b",
                  "a\\u{ad}b"}, // soft hyphen
             Case{"\xef\xbb\xbf"
                  "a",
                  "\\u{feff}a"},
             Case{"\xe2\x80\xa8", "\\u{2028}"},       // line separator
             Case{"\xf3\xa0\x81\x81", "\\u{e0041}"},  // invisible tag
             Case{"\xe3\x85\xa4", "\\u{3164}"},       // a letter that looks like nothing
             Case{"\xff\xfe", "\\xff\\xfe"},          // no UTF-8
             Case{"a\xc3", "a\\xc3"},                 // cut off
             Case{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, // a surrogate
             Case{"\xcc\x81", "\xcc\x81"},            // marks are letters' parts in Vietnamese
         })
        CHECK(printable(c.name) == c.shown);
    CHECK(printable("").empty());
}

TEST_CASE("two different names never look the same") {
    // The backslash is escaped too, so that an escape can't be written by hand.
    CHECK(printable("\n") != printable("\\n"));
    CHECK(printable("\xff") != printable("\\xff"));
}

TEST_CASE("whatever it is given, what is printed is text without control characters") {
    for (unsigned a = 0; a < 256; ++a)
        for (unsigned b = 0; b < 256; ++b) {
            const std::string name = {static_cast<char>(a), static_cast<char>(b), 'x'};
            const std::string shown = printable(name);
            const bool is_clean =
                util::is_text(shown) && std::none_of(shown.begin(), shown.end(), [](char c) {
                    return (static_cast<unsigned char>(c) < 0x20) || c == 0x7f;
                });
            if (!is_clean) {
                CAPTURE(a);
                CAPTURE(b);
                CHECK(is_clean);
            }
        }
}

TEST_CASE("a message with a wrong placeholder is shown unfilled, not thrown") {
    const std::string path = "a";
    CHECK(util::message("{} of {}", 1, path) == "1 of a");
    CHECK(util::message("{} of {} in {}", 1, path) == "{} of {} in {}");
    CHECK(util::message("{:d}", path) == "{:d}");
    CHECK(util::message("{", path) == "{");
}

TEST_CASE("without a translation the English text is shown") {
    CHECK(util::tr("no such message exists") == "no such message exists"sv);
    CHECK(util::trn("one", "many", 1) == "one"sv);
    CHECK(util::trn("one", "many", 2) == "many"sv);
}

TEST_CASE("sizes are told in units of 1024") {
    CHECK(util::human_size(0) == "0 B");
    CHECK(util::human_size(1023) == "1023 B");
    CHECK(util::human_size(1024) == "1.0 KiB");
    CHECK(util::human_size(1536) == "1.5 KiB");
    CHECK(util::human_size(std::uint64_t{5} << 40) == "5.0 TiB");
    CHECK(util::human_size(std::numeric_limits<std::uint64_t>::max()) == "16.0 EiB");
}

TEST_CASE("times are told in UTC, far ones too") {
    CHECK(util::utc_time(0) == "1970-01-01T00:00:00Z");
    CHECK(util::utc_time(1'795'422'600) == "2026-11-23T08:30:00Z");
    CHECK(util::utc_time(-1) == "1969-12-31T23:59:59Z");
    CHECK(util::utc_time(253'402'300'800) == "10000-01-01T00:00:00Z");
    CHECK(util::utc_time(std::numeric_limits<std::int64_t>::max()) == "@9223372036854775807");
    CHECK(util::utc_time(std::numeric_limits<std::int64_t>::min()) == "@-9223372036854775808");
}

TEST_CASE("an errno becomes a kind that code can act on") {
    struct Case {
        int code;
        ErrorKind kind;
    };
    for (const Case c : {Case{ENOENT, ErrorKind::not_found}, Case{ENOTDIR, ErrorKind::not_found},
                         Case{EEXIST, ErrorKind::exists}, Case{EACCES, ErrorKind::denied},
                         Case{EPERM, ErrorKind::denied}, Case{EROFS, ErrorKind::denied},
                         Case{ENOSPC, ErrorKind::no_space}, Case{EDQUOT, ErrorKind::no_space},
                         Case{EFBIG, ErrorKind::no_space}, Case{ENOMEM, ErrorKind::no_memory},
                         Case{EIO, ErrorKind::io}, Case{ESTALE, ErrorKind::io}}) {
        const Error error = util::system_error(c.code, "/repo/x");
        CHECK(error.kind() == c.kind);
        CHECK(error.system_code() == c.code);
        CHECK(error.message().starts_with("/repo/x: "));
    }
    // Of disks and shares the system's words say nothing that helps.
    for (const int code : {ESTALE, EIO, ENODEV, EHOSTDOWN})
        CHECK(util::system_error(code, "/mnt/nas").message().ends_with(")"));
    CHECK(util::system_error(ESTALE, "/mnt/nas").message().find("mount it") != std::string::npos);
}

TEST_CASE("a time in UTC comes back from its text") {
    for (const std::int64_t time : {std::int64_t{0}, std::int64_t{1'795'000'000},
                                    std::int64_t{4'102'444'799}, std::int64_t{-1}})
        CHECK(saoluu::util::parse_utc_time(saoluu::util::utc_time(time)) == time);
    for (const char* text : {"", "2026-02-30T00:00:00Z", "2026-1-01T00:00:00Z",
                             "2026-01-01T00:00:00Z ", "2026-01-01T00:00:00", "null"})
        CHECK_FALSE(saoluu::util::parse_utc_time(text).has_value());
}
