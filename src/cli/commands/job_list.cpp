// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/command.hpp"
#include "cli/commands/config_look.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

#include "saoluu/config.hpp"
#include "saoluu/daemon.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::message;
using util::printable;
using util::tr;
using util::trn;

/// What it backs up, as its snapshots name it.
std::vector<std::string> sources_of(const JobConfig& job) {
    std::vector<std::string> all = job.backup.sources;
    if (job.backup.stream)
        all.push_back("/" + job.backup.stream->name);
    return all;
}

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words)
        all += (all.empty() ? "" : ", ") + printable(word);
    return all;
}

std::string time_or(const std::optional<UnixTime>& time, const char* otherwise) {
    return time ? local_time(*time) : std::string(otherwise);
}

Json time_or_null(const std::optional<UnixTime>& time) {
    return time ? Json(util::utc_time(*time)) : Json(nullptr);
}

std::string age_of(UnixTime from, UnixTime now) {
    const UnixTime minutes = std::max<UnixTime>(0, now - from) / 60;
    const UnixTime hours = minutes / 60, days = hours / 24;
    if (days > 1)
        return message(trn("{} day", "{} days", static_cast<std::uint64_t>(days)), days);
    if (hours > 0)
        return message(trn("{} hour", "{} hours", static_cast<std::uint64_t>(hours)), hours);
    return message(trn("{} minute", "{} minutes", static_cast<std::uint64_t>(minutes)), minutes);
}

const char* word_for(const JobStatus& job) {
    if (job.running)
        return tr("running");
    switch (job.last_outcome) {
    case RunOutcome::none:
        return tr("never ran");
    case RunOutcome::done:
        return job.suspect ? tr("done, suspect") : tr("done");
    case RunOutcome::incomplete:
        return job.suspect ? tr("incomplete, suspect") : tr("incomplete");
    case RunOutcome::failed:
        return tr("failed");
    case RunOutcome::interrupted:
        break;
    }
    return tr("interrupted");
}

std::string age_text(const JobStatus& job, UnixTime now) {
    if (!job.last_success)
        return job.overdue ? tr("none, overdue") : tr("none");
    const std::string age = age_of(*job.last_success, now);
    return job.overdue ? message(tr("{}, overdue"), age) : age;
}

std::string next_text(const Config& config, const JobConfig& job, const JobStatus& status) {
    if (status.next)
        return local_time(*status.next);
    if (job.schedule.empty())
        return tr("by hand");
    return is_over(config, job.schedule) ? tr("over") : "-"; // the daemon does not know it yet
}

Json json_of(const JobConfig& config, const JobStatus& job, UnixTime now) {
    return {
        {"type", "job"},
        {"name", config.name},
        {"sources", printable_list(sources_of(config))},
        {"stores", config.stores},
        {"schedule", config.schedule},
        {"last_start", time_or_null(job.last_start)},
        {"last_end", time_or_null(job.last_end)},
        {"last_outcome", name_of(job.last_outcome)},
        {"last_success", time_or_null(job.last_success)},
        {"next", time_or_null(job.next)},
        {"age_seconds", job.last_success ? Json(now - *job.last_success) : Json(nullptr)},
        {"max_age_seconds", job.max_age.count() == 0 ? Json(nullptr) : Json(job.max_age.count())},
        {"overdue", job.overdue},
        {"suspect", job.suspect},
        {"running", job.running}};
}

Result<ExitCode> list(Context& context) {
    const Config config = TRY(load_config(config_path(context)));
    bool is_by_daemon = false;
    const ServiceStatus status = TRY(service_status(config, default_state_folder(), is_by_daemon));
    if (context.output.is_json()) {
        for (std::size_t i = 0; i < config.jobs.size(); ++i)
            context.output.object(json_of(config.jobs[i], status.jobs[i], status.now));
        context.output.object({{"type", "summary"},
                               {"command", "job list"},
                               {"jobs", config.jobs.size()},
                               {"daemon", is_by_daemon}});
        return ExitCode::done;
    }
    Table table({{tr("Job")},
                 {tr("Last run")},
                 {tr("Outcome")},
                 {tr("Age of backup")},
                 {tr("Next run")},
                 {tr("Stores")}});
    for (std::size_t i = 0; i < config.jobs.size(); ++i) {
        const JobStatus& job = status.jobs[i];
        table.add({job.name, time_or(job.last_start, "-"), word_for(job), age_text(job, status.now),
                   next_text(config, config.jobs[i], job), joined(config.jobs[i].stores)});
    }
    context.output.text(table.text());
    if (!is_by_daemon)
        context.output.note(tr("The daemon does not run: nothing runs by itself. It is started "
                               "by: systemctl enable --now saoluu"));
    return ExitCode::done;
}

} // namespace

Command add_job_list(CLI::App& job) {
    CLI::App* const app =
        add_subcommand(job, "list", tr("show the jobs, their last runs and their next"),
                       tr("Shows each [[job]] of the config file: when it ran last and what came "
                          "of it, how old its newest backup is, and when it runs next."),
                       "saoluu job list\nsaoluu job list --json");
    return {app, list};
}

} // namespace saoluu::cli
