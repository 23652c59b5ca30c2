// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/backup_run.hpp"
#include "util/text.hpp"

#include "saoluu/config.hpp"
#include "saoluu/daemon.hpp"
#include "saoluu/hooks.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::message;
using util::printable;
using util::tr;

struct RunOptions {
    std::string name;
    bool dry_run = false, force_read = false;
    bool bare = false, here = false, no_wait = false;
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

RunFacts facts_of(const Error& error) {
    return {.outcome = error.kind() == ErrorKind::interrupted ? RunOutcome::interrupted
                                                              : RunOutcome::failed,
            .snapshot = {},
            .error = error.message()};
}

RunFacts facts_of(const BackupSummary& done) {
    return {.outcome = done.complete() ? RunOutcome::done : RunOutcome::incomplete,
            .snapshot = done.snapshot,
            .error = {},
            .files = done.files,
            .bytes = done.bytes,
            .stored_bytes = done.stored_bytes,
            .suspect = !done.suspect.empty()};
}

Result<BackupSummary> back_up(Context& context, const Config& config, const JobConfig& job,
                              const RunOptions& given, bool& has_command_failed) {
    choose_key(context, config);
    BackupOptions options = job.backup;
    if (options.stream)
        options.stream->on_failure = [&has_command_failed] { has_command_failed = true; };
    options.dry_run = given.dry_run;
    options.force_read = given.force_read;
    options.allow_empty = options.allow_empty || given.losses.allow_empty;
    // Nobody is there to be asked: what is left is kept, and people are told.
    options.empty_is_suspect = given.losses.empty_is_suspect || given.bare;
    if (!given.suspect_loss.empty())
        options.suspect_loss = TRY(suspect_loss_of(given.suspect_loss));
    std::vector<Target> targets;
    for (const std::string& store : job.stores)
        targets.push_back(TRY(target_at(context, TRY(find_store(config, store)))));
    const std::string& key = context.options.key_file;
    return run_backup(context, std::move(options), std::move(targets),
                      !key.empty() && key == config.key_file ? KeyOf::computer : KeyOf::person);
}

/// What the daemon is told of a program that failed.
void show_failed_step(Context& context, const char* step) {
    if (context.output.is_json())
        context.output.object({{"type", "failed_step"}, {"step", step}});
}

Error failed(Context& context, const JobConfig& job, Error error, const char* step) {
    show_failed_step(context, step);
    const RunFacts facts{.snapshot = {}, .error = error.message()};
    // A person's program must not wait for what a person stopped.
    if (error.kind() != ErrorKind::interrupted)
        if (const auto told = run_hook(job, HookMoment::on_failure, facts, context.stop); !told)
            context.output.note(told.error().message());
    return error;
}

struct RunDone {
    RunFacts facts;
    ExitCode code = ExitCode::done;
};

/// Its programs and its backup. The job's lock is held.
Result<RunDone> run_whole(Context& context, const Config& config, const JobConfig& job,
                          const RunOptions& given) {
    if (Result<void> before = run_hook(job, HookMoment::before, {}, context.stop); !before)
        return Failure(failed(context, job, std::move(before).error(), "before"));
    bool has_command_failed = false;
    Result<BackupSummary> done = back_up(context, config, job, given, has_command_failed);
    if (!done)
        return Failure(failed(context, job, std::move(done).error(),
                              has_command_failed ? "command" : "backup"));
    RunDone run{.facts = facts_of(*done), .code = exit_code_of(*done)};
    if (Result<void> after = run_hook(job, HookMoment::after, run.facts, context.stop); !after) {
        if (after.error().kind() == ErrorKind::interrupted)
            return Failure(std::move(after).error()); // it did not fail, and is to run again
        // The snapshot stands; but whoever waits for what comes after it waits in vain.
        show_failed_step(context, "after");
        context.output.note(after.error().message());
        run.facts.outcome = RunOutcome::incomplete;
        run.facts.error = after.error().message();
        run.code = ExitCode::incomplete;
    }
    return run;
}

/// Here and now, kept from running twice.
Result<ExitCode> run_bare(Context& context, const Config& config, const JobConfig& job,
                          const RunOptions& given) {
    const JobGuard guard = TRY(JobGuard::take(job.name, default_state_folder()));
    const RunDone run = TRY(run_whole(context, config, job, given));
    return run.code;
}

/// The same, in the records of the daemon, which does not run.
Result<ExitCode> run_here(Context& context, const Config& config, const JobConfig& job,
                          const RunOptions& given) {
    const std::string folder = default_state_folder();
    TRY(become_owner_of(folder));
    const JobGuard guard = TRY(JobGuard::take(job.name, folder));
    RecordedRun record(job.name, folder);
    const Result<RunDone> run = run_whole(context, config, job, given);
    record.end(run ? run->facts : facts_of(run.error()));
    if (record.error())
        context.output.note(message(tr("saoluu: the run could not be recorded, so that job list "
                                       "does not know of it: {}"),
                                    record.error()->message()));
    if (!run)
        return Failure(run.error());
    return run->code;
}

/// Until the daemon has run the job. before: the last run that had ended when it was asked
Result<ExitCode> wait_for(Context& context, const Config& config, const std::string& name,
                          std::int64_t before) {
    bool is_by_daemon = true;
    for (;;) {
        if (context.stop.stop_requested())
            return fail(ErrorKind::interrupted,
                        tr("the daemon goes on with the job: see saoluu job list"));
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        const ServiceStatus status =
            TRY(service_status(config, default_state_folder(), is_by_daemon));
        if (!is_by_daemon)
            return fail(ErrorKind::interrupted,
                        tr("the daemon was stopped; it goes on with the job when it runs again"));
        const auto job = std::ranges::find(status.jobs, name, &JobStatus::name);
        if (job == status.jobs.end() || job->running || job->last_run == before)
            continue;
        if (context.output.is_json())
            context.output.object({{"type", "summary"},
                                   {"command", "job run"},
                                   {"job", name},
                                   {"outcome", name_of(job->last_outcome)},
                                   {"suspect", job->suspect},
                                   {"files", job->files},
                                   {"bytes", job->bytes},
                                   {"stored_bytes", job->stored_bytes}});
        else
            context.output.text(
                message(tr("The daemon ran job {}: {}. More: saoluu job list, journalctl -u "
                           "saoluu\n"),
                        name, name_of(job->last_outcome)) +
                (job->suspect ? tr("The snapshot is suspect: much is gone from the sources.\n")
                              : ""));
        if (job->last_outcome == RunOutcome::interrupted)
            return fail(ErrorKind::interrupted,
                        message(tr("job {}: its run was interrupted; the daemon does it again"),
                                printable(name)));
        if (!did_its_work(job->last_outcome))
            return fail(ErrorKind::failure,
                        message(tr("job {}: the daemon could not do it: journalctl -u saoluu says "
                                   "why"),
                                printable(name)));
        return job->last_outcome == RunOutcome::done ? ExitCode::done : ExitCode::incomplete;
    }
}

Result<ExitCode> run(Context& context, const RunOptions& given) {
    if (!context.options.repositories.empty())
        return fail(ErrorKind::usage, tr("--repo: a job's own stores say where it goes; use backup "
                                         "to back up to somewhere else"));
    const Config config = TRY(read_config(config_path(context)));
    const JobConfig job = TRY(find_job(config, given.name));
    bool has_command_failed = false; // it is not run
    if (given.dry_run)
        return exit_code_of(TRY(back_up(context, config, job, given, has_command_failed)));
    if (given.bare)
        return run_bare(context, config, job, given);
    // What the daemon is not told, it can't do.
    const bool is_special = given.here || given.force_read || given.losses.allow_empty ||
                            given.losses.empty_is_suspect || !given.suspect_loss.empty();
    if (is_special)
        return run_here(context, config, job, given);
    bool is_by_daemon = false;
    const Result<ServiceStatus> status =
        service_status(config, default_state_folder(), is_by_daemon);
    const std::int64_t before =
        status ? std::ranges::find(status->jobs, job.name, &JobStatus::name)->last_run : 0;
    const Result<void> asked = ask_daemon_to_run(job.name, default_state_folder());
    if (!asked && asked.error().kind() == ErrorKind::not_found)
        return run_here(context, config, job, given);
    TRY(asked);
    context.output.note(message(tr("The daemon runs job {}."), printable(job.name)));
    if (given.no_wait)
        return ExitCode::done;
    return wait_for(context, config, job.name, before);
}

} // namespace

Command add_job_run(CLI::App& job) {
    const auto options = std::make_shared<RunOptions>();
    CLI::App* const app = add_subcommand(
        job, "run", tr("back up what a job of the config file says"),
        tr("Backs up the sources of a [[job]] of the config file to its stores, by the key_file "
           "that stands there unless another is given. Where the daemon runs, it is asked to do "
           "it, and waited for; else it is done here, as with saoluu backup."),
        "saoluu job run vanphong\nsaoluu job run vanphong --dry-run");
    app->add_option("name", options->name, tr("the job's name"))->type_name(tr("JOB"))->required();
    app->add_flag("--dry-run", options->dry_run, tr("only show what would be done; store nothing"));
    app->add_flag("--force-read", options->force_read, tr("read unchanged files too"));
    app->add_flag("--here", options->here, tr("run it in this process, even where a daemon runs"));
    app->add_flag("--no-wait", options->no_wait, tr("do not wait for the daemon to have done it"));
    app->add_flag("--bare", options->bare,
                  tr("run it here and record nothing: so the daemon starts its own runs"));
    add_losses(*app, options->losses, options->suspect_loss);
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
