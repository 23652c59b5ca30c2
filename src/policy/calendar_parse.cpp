// SPDX-License-Identifier: Apache-2.0
// Calendar expressions as systemd 252 reads them: src/shared/calendarspec.c there says what is
// taken.
#include "policy/calendar.hpp"

#include "policy/time_zone.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

namespace saoluu::policy {

using util::message;
using util::printable;
using util::tr;

namespace {

constexpr std::size_t kMostText = 256, kMostRanges = 64;
constexpr int kOpen = -1;

struct Shortcut {
    std::string_view word, meaning;
};
constexpr std::array<Shortcut, 13> kShortcuts = {{{"minutely", "*:*"},
                                                  {"hourly", "*:0"},
                                                  {"daily", "0:0"},
                                                  {"weekly", "Mon 0:0"},
                                                  {"monthly", "*-*-1"},
                                                  {"quarterly", "*-1,4,7,10-1"},
                                                  {"semiannually", "*-1,7-1"},
                                                  {"semi-annually", "*-1,7-1"},
                                                  {"biannually", "*-1,7-1"},
                                                  {"bi-annually", "*-1,7-1"},
                                                  {"yearly", "*-1-1"},
                                                  {"annually", "*-1-1"},
                                                  {"anually", "*-1-1"}}};
constexpr std::array<std::string_view, 7> kWeekdays = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

std::string lower(std::string_view text) {
    std::string all(text);
    for (char& c : all)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return all;
}

std::string_view without_blanks(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos)
        return "";
    return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

} // namespace

class CalendarParser {
public:
    using Range = CalendarEvent::Range;
    using Ranges = CalendarEvent::Ranges;

    explicit CalendarParser(std::string_view text) : whole_(text), rest_(text) {}

    Result<CalendarEvent> parse() {
        if (whole_.size() > kMostText)
            return wrong(tr("it is too long"));
        rest_ = without_blanks(rest_);
        take_zone();
        const std::string word = lower(rest_);
        const auto shortcut = std::ranges::find(kShortcuts, word, &Shortcut::word);
        if (shortcut != kShortcuts.end())
            rest_ = shortcut->meaning;
        if (rest_.empty())
            return wrong(tr("it is empty"));
        TRY(parse_weekdays());
        TRY(parse_date());
        TRY(parse_time());
        return std::move(event_);
    }

private:
    Failure wrong(std::string_view why) const {
        return fail(ErrorKind::usage,
                    message(tr("\"{}\" is no time of a calendar: {}; \"Mon..Fri 11,16:30\" is each "
                               "working day at 11:30 and 16:30, \"*-*-1 20:00\" each first of a "
                               "month"),
                            printable(whole_), why));
    }
    Failure wrong_at_rest() const {
        return wrong(message(tr("\"{}\" makes no sense there"), printable(rest_)));
    }
    bool take(std::string_view what) {
        if (!rest_.starts_with(what))
            return false;
        rest_.remove_prefix(what.size());
        return true;
    }
    [[nodiscard]] bool is_at(std::string_view any_of) const { // or at the end
        return rest_.empty() || any_of.find(rest_.front()) != std::string_view::npos;
    }

    /// A last word that is the name of a zone.
    void take_zone() {
        const std::size_t blank = rest_.rfind(' ');
        if (blank == std::string_view::npos)
            return;
        const std::string_view word = rest_.substr(blank + 1);
        const bool may_be = std::isalpha(static_cast<unsigned char>(word.front())) != 0;
        const Result<cctz::time_zone> zone = lower(word) == "utc"
                                                 ? Result<cctz::time_zone>(cctz::utc_time_zone())
                                             : may_be ? find_time_zone(word)
                                                      : fail(ErrorKind::usage, "");
        if (!zone)
            return; // then it is something else, or makes no sense where it is read
        event_.zone_ = *zone;
        rest_ = without_blanks(rest_.substr(0, blank));
    }

    /// The number of the day from Monday that the text begins with, taken off it.
    std::optional<std::size_t> take_weekday() {
        const std::string text = lower(rest_.substr(0, 9));
        for (std::size_t i = 0; i < kWeekdays.size(); ++i)
            for (const std::string_view name : {kWeekdays[i], kWeekdays[i].substr(0, 3)})
                if (text.starts_with(name)) {
                    rest_.remove_prefix(name.size());
                    return i;
                }
        return std::nullopt;
    }

    Result<void> parse_weekdays() {
        for (bool is_first = true;; is_first = false) {
            const std::optional<std::size_t> day = take_weekday();
            if (!day && is_first)
                return {};
            std::optional<std::size_t> last = day;
            if (day && (take("..") || take("-"))) // systemd takes one dash for older files' sake
                last = take_weekday();
            if (!day || !last || *last < *day || !is_at(", "))
                return wrong_at_rest();
            for (std::size_t i = *day; i <= *last; ++i)
                event_.weekdays_.set(i);
            (void)take(",");
            if (is_at(" ")) {
                rest_ = without_blanks(rest_);
                return {};
            }
        }
    }

    std::optional<int> take_number() {
        int number = 0;
        const auto [end, error] =
            std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
        if (error != std::errc() || !std::isdigit(static_cast<unsigned char>(rest_.front())))
            return std::nullopt;
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return number;
    }

    /// "*", or numbers, ranges and steps with commas between them. A step without a range ends with
    /// kOpen, a number that stands alone has no step.
    Result<Ranges> parse_list() {
        Ranges ranges;
        if (take("*"))
            return ranges;
        do {
            const std::optional<int> start = take_number();
            if (!start)
                return wrong_at_rest();
            Range range{.start = *start, .stop = *start, .repeat = 0};
            const bool has_stop = take("..");
            if (has_stop) {
                const std::optional<int> stop = take_number();
                if (!stop)
                    return wrong_at_rest();
                if (*stop < *start)
                    return wrong(tr("a range runs backwards"));
                range.stop = *stop;
                range.repeat = 1;
            }
            if (take("/")) {
                const std::optional<int> repeat = take_number();
                if (!repeat || *repeat == 0)
                    return wrong(tr("a step after \"/\" is a number from 1 on"));
                range.repeat = *repeat;
                if (!has_stop)
                    range.stop = kOpen;
            }
            if (!is_at(" ,-~:"))
                return wrong_at_rest();
            ranges.push_back(range);
            if (ranges.size() > kMostRanges)
                return wrong(tr("it is too long"));
        } while (take(","));
        return ranges;
    }

    /// Each within its bounds; what is open goes on to their end: of days that are counted from the
    /// end of a month, to its last day.
    Result<void> check(Ranges& ranges, int from, int to, std::string_view what,
                       bool goes_down = false) const {
        for (Range& range : ranges) {
            const bool is_open = range.stop == kOpen;
            if (!is_open && range.repeat > 0) // 4..13/2 is 4..12/2, and may be a month
                range.stop -= (range.stop - range.start) % range.repeat;
            const int second =
                !is_open ? range.stop : range.start + (goes_down ? -range.repeat : range.repeat);
            if (range.start < from || range.start > to || second < from || second > to)
                return wrong(message(tr("{} are {} to {}, steps and all"), what, from, to));
            if (is_open && goes_down) {
                range.stop = range.start;
                range.start = from + (range.start - from) % range.repeat;
            } else if (is_open) {
                range.stop = to;
            }
            range.repeat = std::max(range.repeat, 1);
        }
        return {};
    }

    Result<void> parse_date() {
        const bool has_date =
            rest_.substr(0, rest_.find(' ')).find_first_of("-~") != std::string_view::npos;
        if (!has_date)
            return {};
        Ranges first = TRY(parse_list());
        const auto separator = [&] {
            event_.days_from_end_ = rest_.starts_with('~');
            return take("~") || take("-");
        };
        if (!separator())
            return wrong_at_rest();
        Ranges second = TRY(parse_list());
        if (is_at(" ")) {
            event_.months_ = std::move(first);
            event_.days_ = std::move(second);
        } else {
            if (event_.days_from_end_ || !separator())
                return wrong_at_rest();
            event_.days_ = TRY(parse_list());
            if (!is_at(" "))
                return wrong_at_rest();
            event_.years_ = std::move(first);
            event_.months_ = std::move(second);
        }
        for (Range& year : event_.years_)
            for (int* const number : {&year.start, &year.stop})
                if (*number >= 0 && *number < 100)
                    *number += *number < 70 ? 2000 : 1900;
        rest_ = without_blanks(rest_);
        TRY(check(event_.years_, 1970, 2199, tr("years")));
        TRY(check(event_.months_, 1, 12, tr("months")));
        return event_.days_from_end_ ? check(event_.days_, 1, 28, tr("days from the end"), true)
                                     : check(event_.days_, 1, 31, tr("days"));
    }

    Result<void> parse_time() {
        const Ranges zero = {Range{}};
        event_.hours_ = event_.minutes_ = event_.seconds_ = zero;
        if (rest_.empty())
            return {};
        event_.hours_ = TRY(parse_list());
        if (!take(":"))
            return wrong_at_rest();
        event_.minutes_ = TRY(parse_list());
        if (!rest_.empty()) {
            if (!take(":"))
                return wrong_at_rest();
            event_.seconds_ = TRY(parse_list());
            if (!rest_.empty())
                return wrong_at_rest();
        }
        TRY(check(event_.hours_, 0, 23, tr("hours")));
        TRY(check(event_.minutes_, 0, 59, tr("minutes")));
        return check(event_.seconds_, 0, 59, tr("seconds"));
    }

    std::string_view whole_, rest_;
    CalendarEvent event_;
};

Result<CalendarEvent> CalendarEvent::parse(std::string_view text) {
    return CalendarParser(text).parse();
}

} // namespace saoluu::policy
