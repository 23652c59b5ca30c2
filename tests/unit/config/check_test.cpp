// SPDX-License-Identifier: Apache-2.0
#include "config_case.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace saoluu;
using namespace saoluu::test;
using std::chrono::hours;

namespace {
const std::string kStore = "[[store]]\nname = \"nas\"\nurl = \"/mnt/nas\"\n";
} // namespace

TEST_CASE_FIXTURE(ConfigCase, "what is checked how often has usual values") {
    const auto plain = load(kStore);
    REQUIRE(plain);
    CHECK(plain->check.cycle == hours(30 * 24));
    CHECK(plain->check.report_within == hours(35 * 24));
    const auto set = load(kStore + "[check]\ncycle = \"36h\"\nreport_within = \"366d\"\n");
    REQUIRE(set);
    CHECK(set->check.cycle == hours(36));
    CHECK(set->check.report_within == hours(366 * 24));
}

TEST_CASE_FIXTURE(ConfigCase, "a slip in what is checked how often is named with its line") {
    struct Case {
        std::string text, error;
    };
    for (const Case& c : std::vector<Case>{
             {"[[check]]\ncycle = \"30d\"\n",
              "F:4: what is checked when begins with a line [check]"},
             {"check = true\n", "F:4: check"},
             {"[check]\ncycel = \"30d\"\n", "F:5: cycel: no such key in [check]: is cycle meant?"},
             {"[check]\ncycle = 30\n", "F:5: cycle = 30: a time is needed, such as \"30d\": "
                                       "minutes, hours or days (m, h, d) "
                                       "from 1d to 366d"},
             {"[check]\ncycle = \"23h\"\n", "F:5: cycle = \"23h\""},
             {"[check]\ncycle = \"367d\"\n", "F:5: cycle = \"367d\""},
             {"[check]\ncycle = \"30\"\n", "F:5: cycle = \"30\""},
             {"[check]\ncycle = \"d\"\n", "F:5: cycle = \"d\""},
             {"[check]\ncycle = \"-30d\"\n", "F:5: cycle = \"-30d\""},
             {"[check]\ncycle = \"30 d\"\n", "F:5: cycle = \"30 d\""},
             {"[check]\ncycle = \"99999999999999999999d\"\n", "F:5: cycle"},
             {"[check]\ncycle = \"9223372036854775807d\"\n", "F:5: cycle"},
             {"[check]\nreport_within = \"0d\"\n", "F:5: report_within = \"0d\""}}) {
        CAPTURE(c.text);
        // A bare key would belong to the store before it.
        const bool is_bare = c.text.starts_with("check");
        const std::string error = error_of(is_bare ? "\n\n\n" + c.text + kStore : kStore + c.text);
        CHECK_MESSAGE(error.starts_with(is_bare ? "F:4: what is checked when" : c.error), error);
    }
}
