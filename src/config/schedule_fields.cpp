// SPDX-License-Identifier: Apache-2.0
#include "config/schedule_fields.hpp"

#include "policy/calendar.hpp"
#include "policy/time_zone.hpp"
#include "util/text.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <system_error>

namespace saoluu::config {
namespace {
using std::chrono::year_month_day;
using util::message;
using util::printable;
using util::tr;

Failure wrong(const FileContext& file, const Value& value, std::string_view key,
              const std::string& why) {
    return fail_at(file.path, value.line, message("{}: {}", printable(key), why));
}

Result<std::string> expression_of(const FileContext& file, const Value& value,
                                  std::string_view key) {
    if (value.kind != Value::Kind::text)
        return wrong(file, value, key,
                     tr("a time of the calendar is needed, such as \"Mon..Fri 11,16:30\", or a "
                        "list of such"));
    const Result<policy::CalendarEvent> event = policy::CalendarEvent::parse(value.text);
    if (!event)
        return wrong(file, value, key, event.error().message());
    // One that is over for good is right, and is told of by whoever waits for it.
    if (!event->next(policy::CalendarEvent::Moment{}, *policy::find_time_zone("UTC")))
        return wrong(
            file, value, key,
            message(tr("\"{}\" never comes: there is no such day"), printable(value.text)));
    return value.text;
}

/// Takes a number of so many digits off the text.
std::optional<unsigned> take_number(std::string_view& text, std::size_t digits) {
    unsigned number = 0;
    const char* const end = text.data() + digits;
    if (text.size() < digits)
        return {};
    const auto [stop, code] = std::from_chars(text.data(), end, number);
    if (code != std::errc() || stop != end)
        return {};
    text.remove_prefix(digits);
    return number;
}

bool take_dash(std::string_view& text) {
    if (!text.starts_with('-'))
        return false;
    text.remove_prefix(1);
    return true;
}

/// "2026-02-16"; nothing if it is no day.
std::optional<year_month_day> take_day(std::string_view& text) {
    const auto year = take_number(text, 4);
    if (!year || !take_dash(text))
        return {};
    const auto month = take_number(text, 2);
    if (!month || !take_dash(text))
        return {};
    const auto day = take_number(text, 2);
    if (!day)
        return {};
    const year_month_day whole{std::chrono::year(static_cast<int>(*year)),
                               std::chrono::month(*month), std::chrono::day(*day)};
    if (!whole.ok())
        return {};
    return whole;
}

struct Days {
    year_month_day first, last;
};

std::optional<Days> days_of(std::string_view text) {
    constexpr std::chrono::days kMost{60}; // a slip in the year would make years of holidays
    const auto first = take_day(text);
    if (!first)
        return {};
    if (text.empty())
        return Days{*first, *first};
    if (!text.starts_with(".."))
        return {};
    text.remove_prefix(2);
    const auto last = take_day(text);
    if (!last || !text.empty() || *last < *first ||
        std::chrono::sys_days(*last) - std::chrono::sys_days(*first) > kMost)
        return {};
    return Days{*first, *last};
}

Result<std::set<year_month_day>> day_set_of(const FileContext& file, const Value& value) {
    std::set<year_month_day> all;
    const std::string needed =
        tr("a list of days is needed, such as [\"2026-04-30\", \"2026-02-16..2026-02-20\"]");
    if (value.kind != Value::Kind::list)
        return wrong(file, value, value.key, needed);
    for (const Value& item : value.items) {
        const auto days = item.kind == Value::Kind::text ? days_of(item.text) : std::nullopt;
        if (!days)
            return wrong(file, item, value.key, message("{}: {}", printable(item.text), needed));
        for (std::chrono::sys_days day = days->first; day <= std::chrono::sys_days(days->last);
             day += std::chrono::days(1))
            all.insert(day);
    }
    return all;
}

} // namespace

Result<std::vector<std::string>> schedule_of(const FileContext& file, const Value& value) {
    std::vector<std::string> all;
    if (value.kind != Value::Kind::list) {
        all.push_back(TRY(expression_of(file, value, value.key)));
        return all;
    }
    if (value.items.empty())
        return wrong(file, value, value.key, tr("the list is empty: leave the line out"));
    for (const Value& item : value.items)
        all.push_back(TRY(expression_of(file, item, value.key)));
    return all;
}

Result<std::string> zone_of(const FileContext& file, const Value& value) {
    const std::string name = TRY(text_of(file, value, "Asia/Ho_Chi_Minh"));
    if (const auto zone = policy::find_time_zone(name); !zone)
        return wrong(file, value, value.key, zone.error().message());
    return name;
}

Result<WorkingDays> working_days_of(const FileContext& file, const Value& value) {
    constexpr std::array<std::string_view, 2> kKeys = {"holidays", "working"};
    if (value.kind != Value::Kind::table)
        return wrong(file, value, value.key,
                     tr("it begins with a line [working_days], with one bracket on each side"));
    WorkingDays days;
    for (const Value& field : value.items) {
        if (field.key == kKeys[0])
            days.holidays = TRY(day_set_of(file, field));
        else if (field.key == kKeys[1])
            days.working = TRY(day_set_of(file, field));
        else
            return unknown_key(file, field, "[working_days]", kKeys);
    }
    for (const year_month_day day : days.working)
        if (days.holidays.contains(day))
            return fail_at(file.path, value.line,
                           message(tr("[working_days]: {} is in both lists"),
                                   message("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                                           static_cast<unsigned>(day.month()),
                                           static_cast<unsigned>(day.day()))));
    return days;
}

} // namespace saoluu::config
