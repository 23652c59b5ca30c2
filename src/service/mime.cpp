// SPDX-License-Identifier: Apache-2.0
#include "service/mime.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>

#include <fmt/format.h>

namespace saoluu::service {
namespace {

constexpr std::size_t kMostLine = 76;
constexpr std::string_view kNewLine = "\r\n";
constexpr std::string_view kNewWord = "\r\n ";

bool is_plain(char c) {
    return c >= ' ' && c <= '~';
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

/// How many bytes of the text's beginning fit into `most` without breaking a letter.
std::size_t whole_letters(std::string_view utf8, std::size_t most) {
    if (utf8.size() <= most)
        return utf8.size();
    std::size_t size = most;
    while (size > 0 && (static_cast<unsigned char>(utf8[size]) & 0xC0) == 0x80)
        --size;
    return size == 0 ? most : size; // no UTF-8, and so nothing to be kept whole
}

/// An address is checked where it is read; here it is only made harmless.
std::string harmless(std::string_view address) {
    std::string out;
    for (const char c : address)
        if (is_plain(c) && c != ' ' && c != '<' && c != '>' && c != ',')
            out += c;
    return out;
}

} // namespace

std::string header_text(std::string_view utf8, std::size_t first) {
    std::string clean(utf8); // a line's end would begin another header
    std::ranges::replace_if(
        clean, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
    if (std::ranges::all_of(clean, is_plain) && first + clean.size() <= kMostLine &&
        clean.find("=?") == std::string::npos && !clean.starts_with(' ') && !clean.ends_with(' '))
        return clean;
    constexpr std::string_view kBegin = "=?UTF-8?B?", kEnd = "?=";
    constexpr std::size_t kAround = 12; // characters of both
    std::string out;
    std::size_t taken = first;
    for (std::string_view rest = clean; !rest.empty();) {
        const std::size_t columns = kMostLine - 1 - std::min(taken, kMostLine - 32) - kAround;
        const std::size_t step = whole_letters(rest, columns / 4 * 3);
        if (!out.empty())
            out += kNewWord;
        ((out += kBegin) += base64(rest.substr(0, step))) += kEnd;
        rest.remove_prefix(step);
        taken = 1;
    }
    return out;
}

std::string mail_date(UnixTime at) {
    constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t time = at;
    std::tm parts{};
    if (::gmtime_r(&time, &parts) == nullptr)
        parts = {};
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000",
                       kDays.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                       kMonths.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string quoted_printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        std::size_t columns = 0;
        for (std::size_t i = 0; i < line.size(); ++i) {
            const char c = line[i];
            // A blank at a line's end may get lost on the way; "From " at its beginning is changed
            // by some, and a lone "." would end the letter.
            const bool stands = is_plain(c) && c != '=' && !(c == ' ' && i + 1 == line.size()) &&
                                !(columns == 0 && (c == 'F' || c == '.'));
            const std::size_t width = stands ? 1 : 3;
            if (columns + width > kMostLine - 1) { // and one for the "=" of a broken line
                (out += '=') += kNewLine;
                columns = 0;
            }
            if (stands)
                out += c;
            else
                out += fmt::format("={:02X}", static_cast<unsigned char>(c));
            columns += width;
        }
        out += kNewLine;
    }
    return out;
}

std::string mime_of(const Letter& letter) {
    std::string out;
    const auto header = [&](std::string_view name, std::string_view value) {
        ((out += name) += ": ") += value;
        out += kNewLine;
    };
    const std::string from = harmless(letter.from);
    header("Date", mail_date(letter.at));
    // On a line of its own, so that no encoding of the name needs to know its length. A plain name
    // is quoted: there may be marks in it that mean something.
    std::string name = header_text(letter.from_name, 6 + 2);
    if (!name.empty() && !name.starts_with("=?")) {
        std::string quoted;
        for (const char c : name)
            (c == '"' || c == '\\' ? quoted += '\\' : quoted) += c;
        name = "\"" + quoted + "\"";
    }
    header("From", name.empty() ? from : name + std::string(kNewWord) + "<" + from + ">");
    std::string to;
    for (const std::string& address : letter.to)
        to += (to.empty() ? std::string() : "," + std::string(kNewWord)) + harmless(address);
    header("To", to);
    header("Subject", header_text(letter.subject, 9));
    const std::size_t at = from.rfind('@');
    header("Message-ID", "<" + harmless(letter.id) + "@" +
                             (at == std::string::npos ? "localhost" : from.substr(at + 1)) + ">");
    header("MIME-Version", "1.0");
    header("Content-Type", "text/plain; charset=utf-8");
    header("Content-Transfer-Encoding", "quoted-printable");
    header("Auto-Submitted", "auto-generated"); // RFC 3834: no absence notes in return
    out += kNewLine;
    out += quoted_printable(letter.text);
    return out;
}

} // namespace saoluu::service
