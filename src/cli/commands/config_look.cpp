// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/config_look.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include "saoluu/schedule.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>

#include <sys/stat.h>
#include <unistd.h>

namespace saoluu::cli {
namespace {
using util::message;
using util::printable;
using util::tr;

std::string is_over_text(const std::string& whose) {
    return message(tr("{}: its schedule is over, and nothing runs by it any more"), whose);
}

/// Why a file or folder can't be read; empty where it can.
std::string trouble_with(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 &&
        ::access(path.c_str(), S_ISDIR(info.st_mode) ? R_OK | X_OK : R_OK) == 0)
        return {};
    return util::system_error(errno, printable(path)).message();
}

void look_at_job(const Config& config, const JobConfig& job,
                 const std::function<void(const Verdict&)>& each) {
    const auto tell = [&](Condition condition, const char* code, std::string what,
                          std::string next) {
        each({.condition = condition,
              .code = code,
              .subject = job.name,
              .what = std::move(what),
              .next = std::move(next)});
    };
    bool is_whole = true;
    for (const std::string& source : job.backup.sources)
        if (std::string trouble = trouble_with(source); !trouble.empty()) {
            is_whole = false;
            tell(Condition::warning, "source", std::move(trouble),
                 tr("bring it back, or set sources right: it is not backed up"));
        }
    if (is_whole && !job.backup.sources.empty())
        tell(Condition::in_order, "source", tr("what the job backs up is there"), {});
    for (const std::string& list : job.backup.exclude_files)
        if (std::string trouble = trouble_with(list); !trouble.empty())
            tell(Condition::fault, "exclude-file", std::move(trouble),
                 tr("bring it back, or set exclude_files right: without it the job does not run"));
    if (is_over(config, job.schedule))
        tell(Condition::warning, "schedule", tr("its schedule is over, and nothing runs by it"),
             tr("give it times that come again, or take the schedule out"));
}

} // namespace

bool is_over(const Config& config, const std::vector<std::string>& schedule) {
    const auto runs = next_runs(schedule, config.time_zone, std::time(nullptr), 1);
    return !schedule.empty() && runs && runs->empty();
}

std::vector<std::string> doubts_about(const Config& config) {
    std::vector<std::string> doubts;
    for (const JobConfig& job : config.jobs)
        if (is_over(config, job.schedule))
            doubts.push_back(is_over_text(message(tr("job {}"), job.name)));
    if (is_over(config, config.check.schedule))
        doubts.push_back(is_over_text("[check]"));
    if (is_over(config, config.notify.digest))
        doubts.push_back(is_over_text("[notify] digest"));
    return doubts;
}

void look_at_jobs(const Config& config, const std::function<void(const Verdict&)>& each) {
    const bool has_schedule = std::ranges::any_of(
        config.jobs, [](const JobConfig& job) { return !job.schedule.empty(); });
    if (has_schedule && config.key_file.empty())
        each({.condition = Condition::fault,
              .code = "key-named",
              .subject = config.path,
              .what = tr("there is no key_file, and so no job runs by its schedule"),
              .next = tr("name this computer's backup key: key_file = \"backup.key\"")});
    for (const JobConfig& job : config.jobs)
        look_at_job(config, job, each);
}

} // namespace saoluu::cli
