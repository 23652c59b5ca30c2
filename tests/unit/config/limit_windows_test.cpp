// SPDX-License-Identifier: Apache-2.0
#include "config/limit_windows.hpp"

#include "config_case.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using namespace saoluu;
using namespace std::chrono_literals;
using config::parse_window;
using test::ConfigCase;

namespace {

const std::string kStore = "[[store]]\nname = \"nas\"\nurl = \"/mnt/nas\"\n";

} // namespace

TEST_CASE("days and times of a window are read") {
    struct Right {
        const char* text;
        unsigned days;
        std::chrono::minutes begin, end;
    };
    const std::vector<Right> all = {
        {"Mon..Fri 07:30-17:00", 0b0011111, 7h + 30min, 17h},
        {"22:00-06:00", 0b1111111, 22h, 6h},
        {"Sat,Sun", 0b1100000, 0h, 24h},
        {"Sat..Mon 0:00-24:00", 0b1100001, 0h, 24h},
        {"monday,WED..friday  7:05-8:00 ", 0b0011101, 7h + 5min, 8h},
        {"Mon 17:00-00:00", 1, 17h, 0h},
        {"Sun..Sat", 0b1111111, 0h, 24h},
    };
    for (const Right& right : all) {
        CAPTURE(right.text);
        const auto window = parse_window(right.text);
        REQUIRE(window);
        CHECK(window->when == right.text);
        CHECK(window->days == right.days);
        CHECK(window->begin == right.begin);
        CHECK(window->end == right.end);
    }
}

TEST_CASE("what is no window is none") {
    for (const char* text : {"",
                             " ",
                             "Mon..",
                             "Mon..Fri 7-17",
                             "Mon,",
                             "Thu 25:00-26:00",
                             "7:60-8:00",
                             "24:01-1:00",
                             "24:00-1:00",
                             "08:00-08:00",
                             "Mon 08:00",
                             "08:00-",
                             "Mon08:00-09:00",
                             "T2 08:00-09:00",
                             "Mo 08:00-09:00",
                             "Mon 08:00-09:00 x",
                             "Mon 08:00-09:000",
                             "008:00-09:00",
                             "Mon 08:0-09:00",
                             "Mon 08:00 - 09:00",
                             "Mon;Tue",
                             "-1:00-2:00",
                             "Mon..Fri,07:30-17:00"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_window(text));
    }
}

TEST_CASE("any text is a window within the week, or none") {
    std::mt19937 random(7);
    const std::string alphabet = "MonTueSatSun..,,--::0123456789 \xff";
    for (int round = 0; round < 100'000; ++round) {
        std::string text;
        for (std::size_t size = random() % 24; size != 0; --size)
            text += alphabet[random() % alphabet.size()];
        if (const auto window = parse_window(text)) {
            CHECK((window->days != 0 && window->days < 128));
            CHECK((window->begin >= 0min && window->begin < 24h));
            CHECK((window->end >= 0min && window->end <= 24h));
            CHECK(window->begin != window->end);
        }
    }
}

TEST_CASE_FIXTURE(ConfigCase, "windows of a store are read in their order") {
    const auto config = load(kStore + "limit_upload = \"500k\"\nwindows = [\n"
                                      "  { when = \"22:00-06:00\", limit_upload = \"none\" },\n"
                                      "  { when = \"Sat,Sun\", limit_upload = \"2M\", "
                                      "limit_download = 700 },\n]\n");
    REQUIRE(config);
    const auto& windows = config->stores.front().reach.windows;
    REQUIRE(windows.size() == 2);
    CHECK(windows[0].upload_limit == 0);
    CHECK_FALSE(windows[0].download_limit);
    CHECK(windows[1].upload_limit == 2U << 20);
    CHECK(windows[1].download_limit == 700);
    CHECK_FALSE(config->stores.front().reach.wall_clock); // this machine's
}

TEST_CASE_FIXTURE(ConfigCase, "windows go by the clock of the file's time zone") {
    const auto config = load("time_zone = \"Asia/Ho_Chi_Minh\"\n" + kStore +
                             "windows = [{ when = \"Sun\", limit_upload = 1 }]\n");
    REQUIRE(config);
    CHECK(config->stores.front().reach.wall_clock(1'000'000'000) == 1'000'000'000 + 7 * 3600);
}

TEST_CASE_FIXTURE(ConfigCase, "a mistake in a window is named with its line") {
    const std::string list = "F:4: windows is a list such as [{ when = \"Mon..Fri 07:30-17:00\", "
                             "limit_upload = \"500k\" }]";
    struct Mistake {
        std::string text, message;
    };
    const std::vector<Mistake> mistakes = {
        {"windows = \"x\"\n", list},
        {"windows = []\n", list},
        {"windows = [ \"Mon\" ]\n", list},
        {"windows = [ { limit_upload = \"1M\" } ]\n",
         "F:4: it is not said when this window is: add when = \"Mon..Fri 07:30-17:00\""},
        {"windows = [\n { when = \"Sun\" } ]\n",
         "F:5: when = \"Sun\": no limit is named for these times: add limit_upload, "
         "limit_download, or both"},
        {"windows = [ { when = \"T2..T6\", limit_upload = 1 } ]\n",
         "F:4: when = \"T2..T6\": days and times are written \"Mon..Fri 07:30-17:00\", "
         "\"Sat,Sun\" or \"22:00-06:00\""},
        {"windows = [ { when = \"Sun\", limit_uplod = 1 } ]\n",
         "F:4: limit_uplod: no such key in windows: is limit_upload meant?"},
        {"windows = [ { when = \"Sun\", limit_upload = 0 } ]\n",
         "F:4: limit_upload = 0: a size in bytes a second is needed, such as \"500k\", or "
         "\"none\" for no limit at these times"},
        {"windows = [ { when = \"Sun\", limit_download = \"fast\" } ]\n",
         "F:4: limit_download = \"fast\": a size in bytes a second is needed, such as \"500k\", "
         "or \"none\" for no limit at these times"},
    };
    for (const Mistake& mistake : mistakes) {
        CAPTURE(mistake.text);
        CHECK(error_of(kStore + mistake.text) == mistake.message);
    }
}
