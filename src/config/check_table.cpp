// SPDX-License-Identifier: Apache-2.0
#include "config/check_table.hpp"

#include "config/field_table.hpp"
#include "config/schedule_fields.hpp"
#include "util/text.hpp"

#include <array>

namespace saoluu::config {
namespace {
using std::chrono::hours;

constexpr hours kDay{24};

constexpr std::array<Field<CheckConfig>, 3> kFields = {{
    {"schedule",
     [](const FileContext& file, const Value& value, CheckConfig& to) -> Result<void> {
         to.schedule = TRY(schedule_of(file, value));
         return {};
     }},
    {"cycle",
     [](const FileContext& file, const Value& value, CheckConfig& to) -> Result<void> {
         // Less than a day is no share a day; more than a year is no check.
         to.cycle = TRY(span_of(file, value, kDay, 366 * kDay, "30d"));
         return {};
     }},
    {"report_within",
     [](const FileContext& file, const Value& value, CheckConfig& to) -> Result<void> {
         to.report_within = TRY(span_of(file, value, kDay, 366 * kDay, "35d"));
         return {};
     }},
}};

} // namespace

Result<CheckConfig> read_check(const FileContext& file, const Value& table) {
    if (table.kind != Value::Kind::table)
        return fail_at(file.path, table.line,
                       util::tr("what is checked when begins with a line [check], with one bracket "
                                "on each side"));
    CheckConfig check;
    TRY(take_fields(file, table, "[check]", kFields, check));
    return check;
}

} // namespace saoluu::config
