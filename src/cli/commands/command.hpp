// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/exit_codes.hpp"
#include "cli/options.hpp"
#include "cli/output.hpp"
#include "cli/reporter.hpp"
#include "cli/targets.hpp"

#include "saoluu/repository.hpp"
#include "saoluu/result.hpp"

#include <functional>
#include <stop_token>
#include <string>

namespace CLI {
class App;
}

namespace saoluu::cli {

/// What a command works with.
struct Context {
    GlobalOptions options;
    Environment environment;
    Output& output;
    std::stop_token stop;

    [[nodiscard]] Reporter::Show shown() const {
        return options.quiet ? Reporter::Show::findings_only : Reporter::Show::progress;
    }
};

/// A command of the program: what it adds to the command line, and what it does. Exit codes other
/// than `done` come with a result; errors have their own.
struct Command {
    CLI::App* app;
    std::function<Result<ExitCode>(Context&)> run;
};

Command add_init(CLI::App& root);
Command add_setup(CLI::App& root);
Command add_key_issue(CLI::App& key);
Command add_key_list(CLI::App& key);
Command add_backup(CLI::App& root);
Command add_snapshots(CLI::App& root);
Command add_ls(CLI::App& root);
Command add_find(CLI::App& root);
Command add_diff(CLI::App& root);
Command add_restore(CLI::App& root);
Command add_check(CLI::App& root);
Command add_mirror(CLI::App& root);
Command add_heal(CLI::App& root);
Command add_doctor(CLI::App& root);
Command add_repair_index(CLI::App& repair);
Command add_daemon(CLI::App& root);
Command add_job_list(CLI::App& job);
Command add_job_run(CLI::App& job);
Command add_config_check(CLI::App& config);
Command add_config_show(CLI::App& config);
Command add_config_test_notify(CLI::App& config);

/// Opens the repository that the options and the environment name.
Result<Repository> open_repository(Context& context, Events& events);
/// The same of one of several places.
Result<Repository> open_repository(Context& context, Target target, Events& events);

/// The options that open another location than --repo says, with the key that is given for it; none
/// is asked for. has_key: whether one was given.
/// errors: usage; as reading a file
Result<OpenOptions> given_for(Context& context, const std::string& location, bool& has_key);

/// A subcommand whose help has a paragraph, examples, the options of every command and the exit
/// codes. `examples`: a command a line
CLI::App* add_subcommand(CLI::App& parent, const std::string& name, const std::string& what,
                         const std::string& purpose, const std::string& examples);

/// A key as an object of --json, and as lines of text.
Json json_of(const KeyInfo& key);

} // namespace saoluu::cli
