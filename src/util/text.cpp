// SPDX-License-Identifier: Apache-2.0
#include "util/text.hpp"

#include <libintl.h>
#include <uninorm.h>
#include <unistr.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <system_error>

namespace saoluu::util {
namespace {
constexpr const char* kDomain = "saoluu";

const std::uint8_t* units(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

/// Characters that could make a terminal show something else than the name: controls, what turns
/// the direction of writing, and what has no width.
bool is_deceptive(ucs4_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x115f ||
           c == 0x1160 || c == 0x180e || c == 0x3164 || c == 0xffa0 ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0xe0000 && c <= 0xe007f);
}
} // namespace

const char* tr(const char* english) {
    return dgettext(kDomain, english);
}

const char* trn(const char* one, const char* many, std::uint64_t count) {
    return dngettext(kDomain, one, many, count);
}

bool is_text(std::string_view bytes) {
    return bytes.find('\0') == std::string_view::npos &&
           u8_check(units(bytes), bytes.size()) == nullptr;
}

Result<std::string> to_nfc(std::string_view utf8) {
    if (u8_check(units(utf8), utf8.size()) != nullptr)
        return fail(ErrorKind::usage, tr("the text is not valid UTF-8"));
    if (utf8.empty())
        return std::string();
    std::size_t size = 0;
    const std::unique_ptr<std::uint8_t, decltype(&std::free)> normal(
        u8_normalize(UNINORM_NFC, units(utf8), utf8.size(), nullptr, &size), &std::free);
    if (!normal)
        return fail(ErrorKind::no_memory, tr("no memory to normalise a text"));
    std::string out(reinterpret_cast<const char*>(normal.get()), size);
    return out;
}

std::string printable(std::string_view name) {
    std::string out;
    out.reserve(name.size());
    for (std::size_t i = 0; i < name.size();) {
        ucs4_t c = 0;
        const int length = u8_mbtoucr(&c, units(name) + i, name.size() - i);
        if (length <= 0) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(name[i]));
            ++i;
            continue;
        }
        const auto width = static_cast<std::size_t>(length);
        if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else if (c == '\\')
            out += "\\\\";
        else if (is_deceptive(c) && c < 0x80)
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
        else if (is_deceptive(c))
            out += fmt::format("\\u{{{:x}}}", static_cast<unsigned>(c));
        else
            out += name.substr(i, width);
        i += width;
    }
    return out;
}

std::string human_size(std::uint64_t bytes) {
    constexpr std::array units_of_size = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < units_of_size.size(); ++unit)
        value /= 1024;
    return unit == 0 ? fmt::format("{} B", bytes)
                     : fmt::format("{:.1f} {}", value, units_of_size[unit]);
}

std::string utc_time(std::int64_t seconds) {
    const std::time_t time = seconds;
    std::tm parts{};
    if (gmtime_r(&time, &parts) == nullptr)
        return fmt::format("@{}", seconds);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900L,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::optional<std::int64_t> parse_utc_time(const std::string& text) {
    std::tm parts{};
    const char* const end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    const std::time_t time = end == nullptr ? 0 : ::timegm(&parts);
    if (end == nullptr || utc_time(time) != text) // strptime is lenient, and a day may be none
        return {};
    return time;
}

namespace {

/// What a person can do where the system's words don't say it: mostly of disks and shares.
std::string next_step(int code) {
    switch (code) {
    case ESTALE:
        return tr("the share was set up anew at its server: unmount it, mount it and try again");
    case EIO:
        return tr("the disk, or the line to it, fails: look at its cable, and at dmesg");
    case ENODEV:
    case ENXIO:
        return tr("the disk is gone: was it unplugged?");
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ETIMEDOUT:
        return tr("the server of the share does not answer: is it on, and the network?");
    default:
        return "";
    }
}

} // namespace

std::string_view url_origin(std::string_view url) {
    const std::size_t scheme = url.find("://");
    const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
    return url.substr(0, url.find_first_of("/?#", begin));
}

Error system_error(int code, std::string_view what) {
    const auto kind = [code] {
        switch (code) {
        case ENOENT:
        case ENOTDIR:
            return ErrorKind::not_found;
        case EEXIST:
            return ErrorKind::exists;
        case EACCES:
        case EPERM:
        case EROFS:
            return ErrorKind::denied;
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return ErrorKind::no_space;
        case ENOMEM:
            return ErrorKind::no_memory;
        default:
            return ErrorKind::io;
        }
    }();
    std::string text = fmt::format("{}: {}", what, std::generic_category().message(code));
    if (const std::string step = next_step(code); !step.empty())
        text += fmt::format(" ({})", step);
    return {kind, std::move(text), code};
}

Failure system_failure(std::string_view path, int code) {
    return Failure(system_error(code, printable(path)));
}

} // namespace saoluu::util
