// SPDX-License-Identifier: Apache-2.0
#include "config/limit_windows.hpp"

#include "util/text.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <string>
#include <system_error>

namespace saoluu::config {
namespace {
using util::message;
using util::printable;
using util::tr;

constexpr std::size_t kMostText = 200;
constexpr std::size_t kMostWindows = 64;
constexpr std::array<std::string_view, 7> kWeekdays = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
constexpr std::array<std::string_view, 3> kKeys = {"when", "limit_upload", "limit_download"};

/// Takes the text apart from its front.
class WindowText {
public:
    explicit WindowText(std::string_view text) : rest_(text) {}

    std::optional<LimitWindow> parse() {
        LimitWindow window;
        window.when = std::string(rest_);
        window.end = std::chrono::hours(24);
        skip_blanks();
        const bool has_days = !rest_.empty() && std::isalpha(front()) != 0;
        if (has_days && !take_days(window.days))
            return std::nullopt;
        const bool is_apart = skip_blanks() || !has_days;
        if (rest_.empty())
            return has_days ? std::optional(window) : std::nullopt;
        if (!is_apart || !take_time(window.begin) || !take("-") || !take_time(window.end))
            return std::nullopt;
        skip_blanks();
        const bool is_empty = window.begin == window.end || window.begin == std::chrono::hours(24);
        return rest_.empty() && !is_empty ? std::optional(window) : std::nullopt;
    }

private:
    [[nodiscard]] int front() const { return static_cast<unsigned char>(rest_.front()); }
    bool skip_blanks() {
        const std::size_t before = rest_.size();
        while (rest_.starts_with(' '))
            rest_.remove_prefix(1);
        return rest_.size() != before;
    }
    bool take(std::string_view what) {
        if (!rest_.starts_with(what))
            return false;
        rest_.remove_prefix(what.size());
        return true;
    }

    std::optional<std::size_t> take_day() {
        std::string word;
        while (word.size() < rest_.size() &&
               std::isalpha(static_cast<unsigned char>(rest_[word.size()])) != 0)
            word += static_cast<char>(std::tolower(static_cast<unsigned char>(rest_[word.size()])));
        rest_.remove_prefix(word.size());
        for (std::size_t day = 0; day < kWeekdays.size(); ++day)
            if (word == kWeekdays[day] || word == kWeekdays[day].substr(0, 3))
                return day;
        return std::nullopt;
    }

    /// Mon,Wed..Fri; Sat..Mon goes over the end of the week.
    bool take_days(std::uint8_t& days) {
        days = 0;
        do {
            const std::optional<std::size_t> first = take_day();
            const std::optional<std::size_t> last = take("..") ? take_day() : first;
            if (!first || !last)
                return false;
            for (std::size_t day = *first;; day = (day + 1) % kWeekdays.size()) {
                days = static_cast<std::uint8_t>(days | 1U << day);
                if (day == *last)
                    break;
            }
        } while (take(","));
        return true;
    }

    /// 7:30, 07:30 or 24:00
    bool take_time(std::chrono::minutes& time) {
        const std::optional<int> hour = take_number();
        if (!hour || !take(":"))
            return false;
        const std::size_t before = rest_.size();
        const std::optional<int> minute = take_number();
        if (!minute || before - rest_.size() != 2 || *minute > 59 || *hour > 24 ||
            (*hour == 24 && *minute != 0))
            return false;
        time = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
        return true;
    }

    /// One or two digits.
    std::optional<int> take_number() {
        int number = 0;
        std::size_t digits = 0;
        while (digits < 2 && !rest_.empty() && std::isdigit(front()) != 0) {
            number = number * 10 + (front() - '0');
            rest_.remove_prefix(1);
            ++digits;
        }
        return digits == 0 ? std::nullopt : std::optional(number);
    }

    std::string_view rest_;
};

Result<std::uint64_t> limit_of(const FileContext& file, const Value& value) {
    if (value.kind == Value::Kind::text && value.text == "none")
        return 0;
    Result<std::uint64_t> rate = rate_of(file, value);
    if (rate)
        return rate;
    return fail_at(file.path, value.line,
                   message(tr("{} = {}: a size in bytes a second is needed, such as \"500k\", or "
                              "\"none\" for no limit at these times"),
                           value.key,
                           value.kind == Value::Kind::text ? "\"" + printable(value.text) + "\""
                                                           : value.text));
}

Result<LimitWindow> window_of(const FileContext& file, const Value& table) {
    if (table.kind != Value::Kind::table)
        return fail_at(file.path, table.line,
                       tr("windows is a list such as [{ when = \"Mon..Fri 07:30-17:00\", "
                          "limit_upload = \"500k\" }]"));
    std::optional<LimitWindow> window;
    std::optional<std::uint64_t> up, down;
    for (const Value& value : table.items) {
        if (value.key == "when") {
            const std::string text = TRY(text_of(file, value, "Mon..Fri 07:30-17:00"));
            if (text.size() <= kMostText)
                window = parse_window(text);
            if (!window)
                return fail_at(file.path, value.line,
                               message(tr("when = \"{}\": days and times are written \"Mon..Fri "
                                          "07:30-17:00\", \"Sat,Sun\" or \"22:00-06:00\""),
                                       printable(std::string_view(text).substr(0, kMostText))));
        } else if (value.key == "limit_upload") {
            up = TRY(limit_of(file, value));
        } else if (value.key == "limit_download") {
            down = TRY(limit_of(file, value));
        } else {
            return unknown_key(file, value, "windows", kKeys);
        }
    }
    if (!window)
        return fail_at(file.path, table.line,
                       tr("it is not said when this window is: add when = \"Mon..Fri "
                          "07:30-17:00\""));
    if (!up && !down)
        return fail_at(file.path, table.line,
                       message(tr("when = \"{}\": no limit is named for these times: add "
                                  "limit_upload, limit_download, or both"),
                               printable(window->when)));
    window->upload_limit = up;
    window->download_limit = down;
    return *window;
}

} // namespace

std::optional<LimitWindow> parse_window(std::string_view text) {
    return WindowText(text).parse();
}

Result<std::vector<LimitWindow>> windows_of(const FileContext& file, const Value& value) {
    std::vector<LimitWindow> windows;
    if (value.kind != Value::Kind::list || value.items.empty() || value.items.size() > kMostWindows)
        return fail_at(file.path, value.line,
                       tr("windows is a list such as [{ when = \"Mon..Fri 07:30-17:00\", "
                          "limit_upload = \"500k\" }]"));
    for (const Value& table : value.items)
        windows.push_back(TRY(window_of(file, table)));
    return windows;
}

} // namespace saoluu::config
