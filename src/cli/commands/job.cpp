// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/backup_run.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

#include "saoluu/config.hpp"

#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::printable;
using util::tr;

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words)
        all += (all.empty() ? "" : ", ") + printable(word);
    return all;
}

Result<ExitCode> list(Context& context) {
    const Config config = TRY(load_config(config_path(context)));
    if (context.output.is_json()) {
        for (const JobConfig& job : config.jobs)
            context.output.object({{"type", "job"},
                                   {"name", job.name},
                                   {"sources", printable_list(job.backup.sources)},
                                   {"stores", job.stores}});
        context.output.object(
            {{"type", "summary"}, {"command", "job list"}, {"jobs", config.jobs.size()}});
        return ExitCode::done;
    }
    Table table({{tr("Job")}, {tr("Sources")}, {tr("Stores")}});
    for (const JobConfig& job : config.jobs)
        table.add({job.name, joined(job.backup.sources), joined(job.stores)});
    context.output.text(table.text());
    return ExitCode::done;
}

struct RunOptions {
    std::string name;
    bool dry_run = false, force_read = false;
    BackupOptions losses; ///< what becomes of them
    std::string suspect_loss;
};

/// The key that the config file names, where the command line and the environment name none.
void choose_key(Context& context, const Config& config) {
    GlobalOptions& options = context.options;
    const Environment& environment = context.environment;
    if (options.key_file.empty() && options.passphrase_file.empty() &&
        environment.key_file.empty() && environment.passphrase_file.empty() &&
        !environment.passphrase)
        options.key_file = config.key_file;
}

Result<ExitCode> run(Context& context, const RunOptions& given) {
    if (!context.options.repositories.empty())
        return fail(ErrorKind::usage, tr("--repo: a job's own stores say where it goes; use backup "
                                         "to back up to somewhere else"));
    const Config config = TRY(load_config(config_path(context)));
    const JobConfig job = TRY(find_job(config, given.name));
    choose_key(context, config);
    BackupOptions options = job.backup;
    options.dry_run = given.dry_run;
    options.force_read = given.force_read;
    options.allow_empty = options.allow_empty || given.losses.allow_empty;
    options.empty_is_suspect = given.losses.empty_is_suspect;
    if (!given.suspect_loss.empty())
        options.suspect_loss = TRY(suspect_loss_of(given.suspect_loss));
    std::vector<Target> targets;
    for (const std::string& store : job.stores)
        targets.push_back(TRY(target_at(context, TRY(find_store(config, store)))));
    return run_backup(context, std::move(options), std::move(targets));
}

} // namespace

Command add_job_list(CLI::App& job) {
    CLI::App* const app =
        add_subcommand(job, "list", tr("show the jobs of the config file"),
                       tr("Shows each [[job]] of the config file: what it backs up, and to where."),
                       "saoluu job list");
    return {app, list};
}

Command add_job_run(CLI::App& job) {
    const auto options = std::make_shared<RunOptions>();
    CLI::App* const app = add_subcommand(
        job, "run", tr("back up what a job of the config file says"),
        tr("Backs up the sources of a [[job]] of the config file to its stores, by the key_file "
           "that "
           "stands there unless another is given. The rest is as with saoluu backup."),
        "saoluu job run vanphong\nsaoluu job run vanphong --dry-run");
    app->add_option("name", options->name, tr("the job's name"))->type_name(tr("JOB"))->required();
    app->add_flag("--dry-run", options->dry_run, tr("only show what would be done; store nothing"));
    app->add_flag("--force-read", options->force_read, tr("read unchanged files too"));
    add_losses(*app, options->losses, options->suspect_loss);
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
