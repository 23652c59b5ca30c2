// SPDX-License-Identifier: Apache-2.0
#include "cli/dates.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <ctime>

namespace saoluu::cli {
namespace {

int number_at(const std::string& date, std::size_t at, std::size_t size) {
    int number = 0;
    std::from_chars(date.data() + at, date.data() + at + size, number);
    return number;
}

bool is_written_right(const std::string& date) {
    constexpr std::string_view kForm = "dddd-dd-dd";
    return std::ranges::equal(date, kForm, [](char c, char form) {
        return form == 'd' ? c >= '0' && c <= '9' : c == form;
    });
}

} // namespace

Result<UnixTime> end_of_day(const std::string& date) {
    const auto bad = [&] {
        return fail(ErrorKind::usage,
                    util::message(util::tr("{}: there is no such day; write it as 2027-12-31"),
                                  util::printable(date)));
    };
    if (!is_written_right(date))
        return bad();
    const int year = number_at(date, 0, 4), month = number_at(date, 5, 2),
              day = number_at(date, 8, 2);
    const std::chrono::year_month_day calendar(std::chrono::year(year),
                                               std::chrono::month(static_cast<unsigned>(month)),
                                               std::chrono::day(static_cast<unsigned>(day)));
    if (!calendar.ok())
        return bad();
    std::tm parts{};
    parts.tm_year = year - 1900;
    parts.tm_mon = month - 1;
    parts.tm_mday = day;
    parts.tm_hour = 23;
    parts.tm_min = 59;
    parts.tm_sec = 59;
    parts.tm_isdst = -1;
    return static_cast<UnixTime>(std::mktime(&parts));
}

} // namespace saoluu::cli
