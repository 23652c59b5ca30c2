// SPDX-License-Identifier: Apache-2.0
#include "config/job_table.hpp"

#include "config/field_table.hpp"
#include "config/schedule_fields.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>

namespace saoluu::config {
namespace {
using util::message;
using util::printable;
using util::tr;

template <auto Member>
Result<void> take_flag(const FileContext& file, const Value& value, JobConfig& to) {
    to.backup.*Member = TRY(flag_of(file, value));
    return {};
}

Result<void> take_name(const FileContext& file, const Value& value, JobConfig& to) {
    to.name = TRY(name_of(file, value, "vanphong"));
    to.backup.job = to.name;
    return {};
}

Result<void> take_stores(const FileContext& file, const Value& value, JobConfig& to) {
    to.stores = TRY(texts_of(file, value, "nas"));
    std::vector<std::string> sorted = to.stores;
    std::ranges::sort(sorted);
    if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end())
        return fail_at(file.path, value.line,
                       message(tr("stores: \"{}\" is named twice"), printable(*twice)));
    return {};
}

constexpr std::chrono::hours kTenYears{24 * 3660};

/// The program that writes a stream, and the stream's name, whichever comes first.
StreamSource& stream_of(JobConfig& job) {
    if (!job.backup.stream)
        job.backup.stream.emplace();
    return *job.backup.stream;
}

template <auto Member>
Result<void> take_hook(const FileContext& file, const Value& value, JobConfig& to) {
    to.hooks.*Member = TRY(command_of(file, value, "/usr/local/lib/saoluu/thong-bao"));
    return {};
}

constexpr std::array<Field<JobConfig>, 21> kFields = {{
    {"name", &take_name},
    {"sources",
     [](const FileContext& file, const Value& value, JobConfig& to) -> Result<void> {
         to.backup.sources = TRY(paths_of(file, value, "/srv/vanphong"));
         return {};
     }},
    {"stores", &take_stores},
    {"exclude",
     [](const FileContext& file, const Value& value, JobConfig& to) -> Result<void> {
         to.backup.excludes = TRY(texts_of(file, value, "*.tmp"));
         return {};
     }},
    {"exclude_files",
     [](const FileContext& file, const Value& value, JobConfig& to) -> Result<void> {
         to.backup.exclude_files = TRY(paths_of(file, value, "exclude-office.txt"));
         return {};
     }},
    {"exclude_larger_than",
     [](const FileContext& file, const Value& value, JobConfig& to) -> Result<void> {
         to.backup.exclude_larger_than = TRY(size_of(file, value));
         return {};
     }},
    {"one_file_system", &take_flag<&BackupOptions::one_file_system>},
    {"keep_caches", &take_flag<&BackupOptions::keep_caches>},
    {"allow_empty", &take_flag<&BackupOptions::allow_empty>},
    {"tags",
     [](const FileContext& file, const Value& value, JobConfig& to) -> Result<void> {
         to.backup.tags = TRY(texts_of(file, value, "hang-ngay"));
         return {};
     }},
    {"schedule",
     [](const FileContext& file, const Value& value, JobConfig& to) -> Result<void> {
         to.schedule = TRY(schedule_of(file, value));
         return {};
     }},
    {"working_days_only",
     [](const FileContext& file, const Value& value, JobConfig& to) -> Result<void> {
         to.working_days_only = TRY(flag_of(file, value));
         return {};
     }},
    {"random_delay",
     [](const FileContext& file, const Value& value, JobConfig& to) -> Result<void> {
         to.random_delay = TRY(duration_of(file, value));
         return {};
     }},
    {"max_age",
     [](const FileContext& file, const Value& value, JobConfig& to) -> Result<void> {
         to.max_age = TRY(span_of(file, value, std::chrono::minutes(1), kTenYears, "3d"));
         return {};
     }},
    {"command",
     [](const FileContext& file, const Value& value, JobConfig& to) -> Result<void> {
         stream_of(to).command = TRY(command_of(file, value, "pg_dump"));
         return {};
     }},
    {"command_name",
     [](const FileContext& file, const Value& value, JobConfig& to) -> Result<void> {
         constexpr std::size_t kMostName = 255;
         std::string& name = stream_of(to).name;
         name = TRY(text_of(file, value, "vanphong.dump"));
         if (name.find('/') != std::string::npos || name == "." || name == ".." ||
             name.size() > kMostName)
             return fail_at(
                 file.path, value.line,
                 message(tr("command_name = \"{}\": a plain file name is needed, such as "
                            "\"vanphong.dump\", without /"),
                         printable(name)));
         return {};
     }},
    {"suspect_loss",
     [](const FileContext& file, const Value& value, JobConfig& to) -> Result<void> {
         to.backup.suspect_loss = TRY(percent_of(file, value));
         return {};
     }},
    {"before", &take_hook<&HookConfig::before>},
    {"after", &take_hook<&HookConfig::after>},
    {"on_failure", &take_hook<&HookConfig::on_failure>},
    {"hook_timeout",
     [](const FileContext& file, const Value& value, JobConfig& to) -> Result<void> {
         to.hooks.timeout = TRY(duration_of(file, value));
         if (to.hooks.timeout.count() == 0)
             return fail_at(file.path, value.line,
                            tr("hook_timeout: a hook needs some time: \"10m\", for instance"));
         return {};
     }},
}};

} // namespace

namespace {

/// A key that does nothing beside the others, or without one of them.
Result<void> check_together(const FileContext& file, const Value& table, const JobConfig& job) {
    const auto has = [&](std::string_view key) {
        return std::ranges::find(table.items, key, &Value::key) != table.items.end();
    };
    const auto refuse = [&](const char* text) {
        return fail_at(file.path, table.line, message(text, job.name));
    };
    if (has("command_name") && !has("command"))
        return refuse(tr("job \"{}\": command_name says nothing without a command: add a line such "
                         "as command = [\"pg_dump\", \"-Fc\", \"vanphong\"]"));
    if (has("suspect_loss") && job.backup.allow_empty)
        return refuse(
            tr("job \"{}\": suspect_loss says nothing beside allow_empty = true, by which "
               "any loss is meant: leave one of them out"));
    if (has("hook_timeout") && !has("before") && !has("after") && !has("on_failure"))
        return refuse(tr("job \"{}\": hook_timeout says nothing without a hook: before, after or "
                         "on_failure"));
    if (job.working_days_only && job.schedule.empty())
        return refuse(tr("job \"{}\": working_days_only says nothing without a schedule: "
                         "add a line such as schedule = \"Mon..Fri 11,16:30\""));
    return {};
}

} // namespace

Result<JobConfig> read_job(const FileContext& file, const Value& table) {
    JobConfig job;
    job.line = table.line;
    TRY(take_fields(file, table, "[[job]]", kFields, job));
    if (job.name.empty())
        return fail_at(file.path, table.line,
                       tr("this [[job]] has no name: add a line such as name = \"vanphong\""));
    if (job.backup.sources.empty() && !job.backup.stream)
        return fail_at(file.path, table.line,
                       message(tr("job \"{}\": it is not said what is backed up: add a line such "
                                  "as sources = [\"/srv/vanphong\"]"),
                               job.name));
    if (job.stores.empty())
        return fail_at(file.path, table.line,
                       message(tr("job \"{}\": it is not said where to: add a line such as stores "
                                  "= [\"nas\"]"),
                               job.name));
    TRY(check_together(file, table, job));
    if (job.backup.stream && job.backup.stream->name.empty())
        job.backup.stream->name = job.name;
    return job;
}

} // namespace saoluu::config
