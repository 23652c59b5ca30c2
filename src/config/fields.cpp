// SPDX-License-Identifier: Apache-2.0
#include "config/fields.hpp"

#include "config/nearest.hpp"
#include "util/file.hpp"
#include "util/sizes.hpp"
#include "util/text.hpp"

#include "saoluu/config.hpp"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <system_error>

namespace saoluu::config {
namespace {
using util::message;
using util::printable;
using util::tr;

/// A text of a key that holds a secret is not shown, nor one with a password as addresses have it.
std::string found(const Value& value) {
    constexpr std::size_t kMostShown = 60;
    if (value.kind != Value::Kind::text)
        return value.text;
    if (value.key.find("secret") != std::string::npos ||
        value.key.find("token") != std::string::npos || may_have_password(value.text))
        return "\"…\"";
    std::string text = printable(value.text);
    if (text.size() > kMostShown)
        text = printable(std::string_view(value.text).substr(0, kMostShown)) + "…";
    return "\"" + text + "\"";
}

Failure wrong(const FileContext& file, const Value& value, const std::string& needed) {
    return wrong_value(file, value, needed);
}

Result<std::uint64_t> bytes_of(const FileContext& file, const Value& value, const char* needed) {
    if (value.kind == Value::Kind::number && value.number > 0)
        return static_cast<std::uint64_t>(value.number);
    if (value.kind != Value::Kind::text)
        return wrong(file, value, needed);
    const Result<std::uint64_t> size = util::parse_size(value.text);
    if (!size || *size == 0)
        return wrong(file, value, needed);
    return *size;
}

/// Each item of a list, by one of the functions below.
template <class One>
Result<std::vector<std::string>> each_of(const FileContext& file, const Value& value,
                                         const char* example, One one) {
    if (value.kind != Value::Kind::list || value.items.empty())
        return wrong(file, value,
                     message(tr("a list of texts is needed, such as [\"{}\"]"), example));
    std::vector<std::string> all;
    for (const Value& item : value.items) {
        Value named; // an item has no key of its own, and its error is to name one
        named.kind = item.kind;
        named.key = value.key;
        named.text = item.text;
        named.line = item.line;
        all.push_back(TRY(one(file, named, example)));
    }
    return all;
}

} // namespace

Result<std::string> text_of(const FileContext& file, const Value& value, const char* example) {
    if (value.kind != Value::Kind::text)
        return wrong(file, value,
                     message(tr("a text in quotes is needed, such as \"{}\""), example));
    if (value.text.empty())
        return wrong(file, value, tr("it is empty: give a value, or leave the line out"));
    for (const char c : value.text)
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
            return wrong(file, value,
                         tr("there is a line's end or another control character in "
                            "it"));
    return value.text;
}

Result<std::string> name_of(const FileContext& file, const Value& value, const char* example) {
    std::string name = TRY(text_of(file, value, example));
    if (!is_store_name(name))
        return wrong(
            file, value,
            tr("a name has letters without marks, digits, \"-\" and \"_\", at most 64, and "
               "no \"-\" first"));
    return name;
}

Result<bool> flag_of(const FileContext& file, const Value& value) {
    if (value.kind != Value::Kind::flag)
        return wrong(file, value, tr("it is true or false, without quotes"));
    return value.flag;
}

Result<std::uint64_t> rate_of(const FileContext& file, const Value& value) {
    return bytes_of(file, value,
                    tr("a size in bytes a second is needed, such as \"500k\" or \"2M\"; leave the "
                       "line out for no limit"));
}

Result<std::uint64_t> size_of(const FileContext& file, const Value& value) {
    return bytes_of(file, value,
                    tr("a size in bytes is needed, such as \"500k\", \"64M\" or \"2G\""));
}

Result<std::chrono::seconds> duration_of(const FileContext& file, const Value& value) {
    constexpr std::int64_t kMost = 24L * 3600; // whoever waits longer is not told that it is down
    const char* const needed = tr("a time is needed, such as \"90s\", \"5m\" or \"2h\": at most "
                                  "24h");
    if (value.kind != Value::Kind::text)
        return wrong(file, value, needed);
    std::int64_t count = 0;
    const char* const end = value.text.data() + value.text.size();
    const auto [stop, code] = std::from_chars(value.text.data(), end, count);
    const std::string_view unit(stop, static_cast<std::size_t>(end - stop));
    const std::int64_t factor = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
    if (code != std::errc() || factor == 0 || count < 0 || count > kMost || count * factor > kMost)
        return wrong(file, value, needed);
    return std::chrono::seconds(count * factor);
}

Result<std::chrono::seconds> span_of(const FileContext& file, const Value& value,
                                     std::chrono::seconds least, std::chrono::seconds most,
                                     const char* example) {
    constexpr std::int64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
    const auto as_text = [](std::chrono::seconds span) {
        const std::int64_t count = span.count();
        return count % kDay == 0    ? fmt::format("{}d", count / kDay)
               : count % kHour == 0 ? fmt::format("{}h", count / kHour)
                                    : fmt::format("{}m", count / kMinute);
    };
    const auto needed = [&] {
        return wrong(
            file, value,
            message(tr("a time is needed, such as \"{}\": minutes, hours or days (m, h, d) "
                       "from {} to {}"),
                    example, as_text(least), as_text(most)));
    };
    if (value.kind != Value::Kind::text)
        return needed();
    std::int64_t count = 0;
    const char* const end = value.text.data() + value.text.size();
    const auto [stop, code] = std::from_chars(value.text.data(), end, count);
    const std::string_view unit(stop, static_cast<std::size_t>(end - stop));
    const std::int64_t factor = unit == "m"   ? kMinute
                                : unit == "h" ? kHour
                                : unit == "d" ? kDay
                                              : 0;
    if (code != std::errc() || factor == 0 || count < 0 || count > most.count() / factor ||
        count * factor < least.count())
        return needed();
    return std::chrono::seconds(count * factor);
}

Result<double> percent_of(const FileContext& file, const Value& value) {
    const char* const needed = tr("a share is needed, such as \"10%\": above 0%, at most 100%");
    if (value.kind != Value::Kind::text || !value.text.ends_with('%'))
        return wrong(file, value, needed);
    double share = 0;
    const char* const end = value.text.data() + value.text.size() - 1;
    const auto [stop, code] =
        std::from_chars(value.text.data(), end, share, std::chars_format::fixed);
    // What is no number at all is not above 0 either.
    if (code != std::errc() || stop != end || !(share > 0 && share <= 100))
        return wrong(file, value, needed);
    return share;
}

Result<std::string> path_of(const FileContext& file, const Value& value, const char* example) {
    const std::string text = TRY(text_of(file, value, example));
    if (text.starts_with("~/")) {
        const char* const home = std::getenv("HOME");
        if (home == nullptr || *home != '/')
            return wrong(file, value,
                         tr("~/ counts from HOME, which is not set: write the whole "
                            "path"));
        return util::join(home, text.substr(2));
    }
    return text.starts_with('/') ? text : util::join(file.folder, text);
}

Result<std::vector<std::string>> texts_of(const FileContext& file, const Value& value,
                                          const char* example) {
    return each_of(file, value, example, text_of);
}

Result<std::vector<std::string>> paths_of(const FileContext& file, const Value& value,
                                          const char* example) {
    return each_of(file, value, example, path_of);
}

bool may_have_password(std::string_view text) {
    const std::size_t scheme = text.find("://");
    if (scheme != std::string_view::npos)
        text.remove_prefix(scheme + 3);
    const std::size_t at = text.rfind('@');
    return at != std::string_view::npos && text.substr(0, at).find(':') != std::string_view::npos;
}

Failure wrong_value(const FileContext& file, const Value& value, const std::string& needed) {
    return fail_at(file.path, value.line,
                   message("{} = {}: {}", printable(value.key), found(value), needed));
}

Result<std::vector<std::string>> command_of(const FileContext& file, const Value& value,
                                            const char* example) {
    const auto any_text = [](const FileContext& in, const Value& item,
                             const char* one) -> Result<std::string> {
        if (item.kind != Value::Kind::text)
            return text_of(in, item, one); // which says what is needed
        if (item.text.find('\0') != std::string::npos)
            return wrong_value(in, item, tr("there is a NUL character in it"));
        return item.text;
    };
    std::vector<std::string> words = TRY(each_of(file, value, example, any_text));
    Value program;
    program.kind = Value::Kind::text;
    program.key = value.key;
    program.text = words.front();
    program.line = value.line;
    words.front() = words.front().find('/') == std::string::npos
                        ? TRY(text_of(file, program, example))
                        : TRY(path_of(file, program, example));
    return words;
}

Failure unknown_key(const FileContext& file, const Value& value, std::string_view table,
                    std::span<const std::string_view> known) {
    constexpr std::size_t kMostShown = 60;
    const std::string key = printable(std::string_view(value.key).substr(0, kMostShown));
    if (const std::string near = nearest(value.key, known); !near.empty())
        return fail_at(file.path, value.line,
                       message(tr("{}: no such key in {}: is {} meant?"), key, table, near));
    std::string all;
    for (const std::string_view name : known)
        all += (all.empty() ? "" : ", ") + std::string(name);
    return fail_at(file.path, value.line,
                   message(tr("{}: no such key in {}; there are: {}"), key, table, all));
}

} // namespace saoluu::config
