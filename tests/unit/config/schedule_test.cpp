// SPDX-License-Identifier: Apache-2.0
#include "config_case.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace saoluu;
using namespace std::chrono_literals;
using test::ConfigCase;
using Texts = std::vector<std::string>;

namespace {
const std::string kStore = "[[store]]\nname = \"nas\"\nurl = \"/mnt/nas\"\n";
const std::string kJob = "[[job]]\nname = \"vanphong\"\nsources = [\"/srv\"]\nstores = [\"nas\"]\n";
} // namespace

TEST_CASE_FIXTURE(ConfigCase, "times of a job come to where they are used") {
    const auto config =
        load("time_zone = \"Asia/Ho_Chi_Minh\"\n"
             "working_days.holidays = [\"2026-04-30\", \"2026-02-27..2026-03-01\"]\n"
             "working_days.working = [\"2026-03-07\"]\n" +
             kStore + kJob +
             "schedule = \"Mon..Fri 11,16:30\"\nworking_days_only = true\n"
             "random_delay = \"0s\"\nmax_age = \"3d\"\n"
             "[[job]]\nname = \"b\"\nsources = [\"/b\"]\nstores = [\"nas\"]\n"
             "schedule = [\"daily\", \"*-*~1 22:00\"]\n");
    REQUIRE(config);
    CHECK(config->time_zone == "Asia/Ho_Chi_Minh");
    CHECK(config->working_days.holidays ==
          std::set<std::chrono::year_month_day>{2026y / 2 / 27, 2026y / 2 / 28, 2026y / 3 / 1,
                                                2026y / 4 / 30});
    CHECK(config->working_days.working == std::set<std::chrono::year_month_day>{2026y / 3 / 7});
    const JobConfig& job = config->jobs[0];
    CHECK(job.schedule == Texts{"Mon..Fri 11,16:30"});
    CHECK(job.working_days_only);
    CHECK(job.random_delay == 0s);
    CHECK(job.max_age == 72h);
    CHECK(config->jobs[1].schedule == Texts{"daily", "*-*~1 22:00"});
    CHECK(config->jobs[1].max_age == 0s);
}

TEST_CASE_FIXTURE(ConfigCase, "a slip in a time is named with its line and what is right") {
    struct Case {
        std::string text, error;
    };
    for (const Case& c : std::vector<Case>{
             {"schedule = \"Mon..Fri 25:00\"\n", "F:8: schedule: \"Mon..Fri 25:00\" is no time of"},
             {"schedule = \"*-02-30 12:00\"\n",
              "F:8: schedule: \"*-02-30 12:00\" never comes: there is no such day"},
             {"schedule = [\"daily\",\n \"\"]\n", "F:9: schedule: \"\" is no time of a calendar"},
             {"schedule = []\n", "F:8: schedule: the list is empty"},
             {"schedule = 11\n", "F:8: schedule: a time of the calendar is needed"},
             {"schedul = \"daily\"\n", "is schedule meant?"},
             {"max_age = \"0h\"\n", "F:8: max_age = \"0h\": a time is needed"},
             {"max_age = \"9999999999999999999d\"\n", "F:8: max_age = \"9999999999999999999d\""},
             {"max_age = \"9000000000000000000d\"\n", "F:8: max_age = \"9000000000000000000d\""},
             {"max_age = 3\n", "F:8: max_age = 3: a time is needed"},
             {"working_days_only = true\n", "says nothing without a schedule"},
             {"[working_days]\nholidays = \"2026-04-30\"\n", "F:9: holidays: a list of days"},
             {"[working_days]\nholidays = [\"2026-04-31\"]\n", "F:9: holidays: 2026-04-31: a list"},
             {"[working_days]\nholidays = [\"2026-04-30..\"]\n", "2026-04-30..: a list of days"},
             {"[working_days]\nholidays = [\"2026-04-30..2027-04-30\"]\n", "a list of days"},
             {"[working_days]\nholidays = [\"2026-4-30\"]\n", "2026-4-30: a list of days"},
             {"[working_days]\nholidays = [\"2026-04-30\"]\nworking = [\"2026-04-30\"]\n",
              "F:8: [working_days]: 2026-04-30 is in both lists"},
             {"[working_days]\nholiday = []\n", "is holidays meant?"},
             {"[[working_days]]\nholidays = []\n", "it begins with a line [working_days]"}}) {
        CAPTURE(c.text);
        const std::string error = error_of(kStore + kJob + c.text);
        CAPTURE(error);
        CHECK(error.find(c.error) != std::string::npos);
    }
}

TEST_CASE_FIXTURE(ConfigCase, "an unknown time zone is named") {
    CHECK(error_of("time_zone = \"Asia/Hanoi2\"\n" + kStore)
              .starts_with("F:1: time_zone: Asia/Hanoi2: there is no such time zone"));
}

TEST_CASE_FIXTURE(ConfigCase, "a schedule that is over does not make a whole file wrong") {
    CHECK(load(kStore + kJob + "schedule = \"2020-01-01 10:00\"\n").has_value());
}
