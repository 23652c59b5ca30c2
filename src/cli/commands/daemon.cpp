// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/command.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include "saoluu/daemon.hpp"

#include <array>
#include <cerrno>
#include <climits>

#include <CLI/CLI.hpp>
#include <unistd.h>

namespace saoluu::cli {
namespace {
using util::tr;

/// Where this program is, which may have another name by now.
Result<std::string> own_path() {
    std::array<char, PATH_MAX> path{};
    const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
    if (length <= 0)
        return Failure(util::system_error(errno, "/proc/self/exe"));
    std::string found(path.data(), static_cast<std::size_t>(length));
    // A package that was upgraded under a daemon that runs: what is there now has the same name.
    constexpr std::string_view kDeleted = " (deleted)";
    if (found.ends_with(kDeleted))
        found.resize(found.size() - kDeleted.size());
    return found;
}

Result<ExitCode> run(Context& context) {
    if (!context.options.repositories.empty())
        return fail(ErrorKind::usage, tr("--repo: the daemon works with the stores of the config "
                                         "file"));
    if (!context.options.passphrase_file.empty() || context.environment.passphrase ||
        !context.environment.passphrase_file.empty())
        return fail(ErrorKind::usage,
                    tr("the daemon works with a backup key alone, which the config file names by "
                       "key_file: a passphrase would open more than it needs"));
    bool is_named = false;
    const DaemonOptions options{.config_path = config_path(context, is_named),
                                .state_folder = default_state_folder(),
                                .program = TRY(own_path()),
                                .language = context.options.language};
    TRY(become_owner_of(options.state_folder));
    TRY(run_daemon(options, context.stop));
    return ExitCode::done;
}

} // namespace

Command add_daemon(CLI::App& root) {
    CLI::App* const app = add_subcommand(
        root, "daemon", tr("run the jobs and checks of the config file at their times"),
        tr("Runs each [[job]] by its schedule and a share of the check of each [[store]] every "
           "day, with the backup key that the config file names, until it is stopped. What was "
           "missed while the computer was off is made up for. It is what the service saoluu "
           "runs, and speaks with nobody over the network but the stores and whom [notify] "
           "names."),
        "saoluu daemon\nsystemctl enable --now saoluu");
    return {app, run};
}

} // namespace saoluu::cli
