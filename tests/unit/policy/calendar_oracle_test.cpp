// SPDX-License-Identifier: Apache-2.0
// systemd itself is asked what expressions mean.
#include "policy/calendar.hpp"
#include "policy/time_zone.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace saoluu;
using policy::CalendarEvent;

namespace {

constexpr int kMoments = 4;

std::string quoted(const std::string& text) {
    return "'" + text + "'"; // no expression here has a quote
}

/// What systemd says of an expression: its next moments in UTC; nothing if it takes none.
std::optional<std::vector<std::string>> ask(const std::string& expression,
                                            const std::string& base) {
    const std::string command =
        "TZ=UTC LC_ALL=C systemd-analyze calendar --iterations=" + std::to_string(kMoments) +
        " --base-time=" + quoted(base) + " " + quoted(expression) + " 2>/dev/null";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"),
                                                     [](FILE* file) { return ::pclose(file); });
    REQUIRE(pipe);
    std::vector<std::string> moments;
    bool is_taken = false;
    char line[512];
    while (std::fgets(line, sizeof line, pipe.get()) != nullptr) {
        const std::string_view text = line;
        is_taken = is_taken || text.find("Normalized form:") != std::string_view::npos;
        for (const std::string_view label : {"Next elapse: ", "Iter. #"})
            if (const std::size_t at = text.find(label); at != std::string_view::npos) {
                const std::size_t day = text.find("-", at); // behind "Mon 2026"
                if (day != std::string_view::npos)
                    moments.emplace_back(text.substr(day - 4, 19));
            }
    }
    return is_taken ? std::optional(moments) : std::nullopt;
}

/// Parts of a second, which systemd takes and a schedule of backups does not.
bool has_fraction(const std::string& text) {
    for (std::size_t i = 1; i + 1 < text.size(); ++i)
        if (text[i] == '.' && text[i - 1] != '.' && text[i + 1] != '.')
            return true;
    return false;
}

class Expressions {
public:
    explicit Expressions(unsigned seed) : random_(seed) {}

    std::string next() {
        static const std::vector<std::string> kDays = {"Mon", "tue",      "Wednesday", "Thu",
                                                       "FRI", "Saturday", "Sun"};
        std::string text;
        if (one_of(3)) {
            text += kDays[below(7)];
            while (one_of(2))
                text += (one_of(2) ? std::string("..") : one_of(4) ? "-" : ",") + kDays[below(7)];
            text += " ";
        }
        if (one_of(2)) {
            if (one_of(2))
                text += list(2024, 2032) + "-";
            const bool from_end = one_of(4); // there systemd takes 28 alone, and in no list
            text += list(1, 12) + (from_end ? "~" : "-") + list(1, from_end ? 27 : 31) + " ";
        }
        if (!text.empty() && one_of(5))
            return text.substr(0, text.size() - 1);
        text += list(0, 23) + ":" + list(0, 59);
        if (one_of(4))
            text += ":" + list(0, 59);
        static const std::vector<std::string> kZones = {" UTC", " Asia/Ho_Chi_Minh",
                                                        " Europe/Berlin", " America/New_York",
                                                        " Australia/Lord_Howe"};
        if (one_of(2))
            text += kZones[below(kZones.size())];
        if (one_of(10)) // a slip
            text[below(text.size())] = "*/.,-~: 5"[below(9)];
        return text;
    }
    std::string base() {
        return std::to_string(2024 + below(5)) + "-" + std::to_string(1 + below(12)) + "-" +
               std::to_string(1 + below(28)) + " " + std::to_string(below(24)) + ":" +
               std::to_string(below(60)) + ":" + std::to_string(below(60)) + " UTC";
    }

private:
    std::size_t below(std::size_t limit) { return random_() % limit; }
    bool one_of(std::size_t many) { return below(many) == 0; }
    std::string number(int from, int to) {
        return std::to_string(from +
                              static_cast<int>(below(static_cast<std::size_t>(to - from + 1))));
    }
    std::string list(int from, int to) {
        if (one_of(3))
            return "*";
        std::string text = number(from, to - 1);
        if (one_of(4)) // of 54..54 systemd takes the minute and not the second
            text += ".." + std::to_string(std::stoi(text) + 1 + static_cast<int>(below(9)));
        if (one_of(4))
            text += "/" + number(1, 20);
        if (one_of(4))
            text += "," + list(from, to);
        return text;
    }
    std::mt19937 random_;
};

} // namespace

TEST_CASE("expressions mean what systemd makes of them") {
    if (std::system("systemd-analyze --version >/dev/null 2>&1") != 0) {
        MESSAGE("skipped: no systemd-analyze here");
        return;
    }
    const char* const given = std::getenv("SAOLUU_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
    MESSAGE("SAOLUU_SEED=" << seed);
    Expressions expressions(seed);
    std::vector<std::string> all = {
        "minutely",          "hourly",       "daily",    "weekly",       "monthly",
        "quarterly",         "semiannually", "annually", "yearly",       "Mon,Tue, 5:0",
        "Mon..Fri 11,16:30", "*-*~1",        "02-29",    "Sun 2026-*-*", "*:*:*"};
    while (all.size() < 250)
        all.push_back(expressions.next());
    std::size_t taken = 0;
    for (const std::string& text : all) {
        const std::string base = expressions.base();
        CAPTURE(text);
        CAPTURE(base);
        const auto wanted = ask(text, base);
        const auto parsed = CalendarEvent::parse(text);
        // systemd refuses a few days of lists behind "~", ranges of seconds from one to itself, and
        // a blank at the end.
        const bool may_be_more = text.find('~') != std::string::npos ||
                                 text.find("..") != std::string::npos || text.ends_with(' ');
        CHECK((parsed.has_value() || !wanted || has_fraction(text)));
        CHECK((wanted || !parsed || may_be_more));
        if (!parsed || !wanted)
            continue;
        ++taken;
        cctz::time_point<cctz::seconds> at;
        REQUIRE(cctz::parse("%Y-%m-%d %H:%M:%S UTC", base, cctz::utc_time_zone(), &at));
        std::vector<std::string> found;
        while (found.size() < kMoments) {
            const auto next = parsed->next(at, cctz::utc_time_zone());
            if (!next)
                break;
            at = *next;
            found.push_back(cctz::format("%Y-%m-%d %H:%M:%S", at, cctz::utc_time_zone()));
        }
        if (found == *wanted)
            continue;
        // At a turn of the year systemd passes over some days of a list that it knows well if it is
        // asked just before them. So: each of its moments is one of ours, and it knows each of
        // ours.
        for (const std::string& moment : *wanted)
            CHECK((moment > found.back() || std::ranges::find(found, moment) != found.end()));
        for (const std::string& moment : found) {
            CAPTURE(moment);
            REQUIRE(cctz::parse("%Y-%m-%d %H:%M:%S", moment, cctz::utc_time_zone(), &at));
            const auto next =
                ask(text, cctz::format("%Y-%m-%d %H:%M:%S UTC", at - std::chrono::seconds(1),
                                       cctz::utc_time_zone()));
            CHECK((next && !next->empty() && next->front() == moment));
        }
    }
    CHECK(taken > all.size() / 3);
}
