// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/bytes.hpp"

#include "saoluu/result.hpp"

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace saoluu::util {

/// The translation of an English message (gettext); the argument must be a literal, so that
/// xgettext finds it.
const char* tr(const char* english);
/// The same with a plural: `count` chooses the form.
const char* trn(const char* one, const char* many, std::uint64_t count);

/// Fills a (translated) message: `message(tr("no such folder: {}"), path)`. A translation with a
/// wrong placeholder gives the unfilled text rather than an exception.
template <class... Args>
std::string message(const char* format, Args&&... args) {
    try {
        return fmt::vformat(format, fmt::make_format_args(args...));
    } catch (const fmt::format_error&) {
        return format;
    }
}

/// Valid UTF-8 without NUL (no surrogates, no overlong forms).
bool is_text(std::string_view bytes);

/// Unicode NFC of valid UTF-8.
/// errors: usage if `utf8` is not valid UTF-8
Result<std::string> to_nfc(std::string_view utf8);

/// Bytes of a file name or path as it may be printed on a terminal or in a log: control characters,
/// invalid UTF-8, bidirectional overrides and backslashes come out escaped (\n, \xNN, \u{202e}).
std::string printable(std::string_view name);

/// "1.5 GiB"
std::string human_size(std::uint64_t bytes);

/// "2026-11-23T08:30:00Z" of seconds since 1970
std::string utc_time(std::int64_t seconds);
/// The other way round; nothing where it is not exactly such a text.
std::optional<std::int64_t> parse_utc_time(const std::string& text);

/// "https://host:443" of a URL: what is behind it may be a secret.
std::string_view url_origin(std::string_view url);

/// "what: no such file or directory", with the kind that fits the errno.
Error system_error(int code, std::string_view what);
/// The same, with the path as printable() shows it.
Failure system_failure(std::string_view path, int code = errno);

} // namespace saoluu::util
