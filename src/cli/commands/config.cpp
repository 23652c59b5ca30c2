// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/command.hpp"
#include "cli/commands/config_look.hpp"
#include "util/text.hpp"

#include "saoluu/config.hpp"
#include "saoluu/notify.hpp"

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

Result<ExitCode> check(Context& context) {
    const Config config = TRY(load_config(config_path(context)));
    const std::size_t stores = config.stores.size(), jobs = config.jobs.size();
    const std::vector<std::string> doubts = doubts_about(config);
    for (const std::string& doubt : doubts)
        context.output.note(message(tr("saoluu: warning: {}"), doubt));
    if (context.output.is_json())
        context.output.object({{"type", "summary"},
                               {"command", "config check"},
                               {"path", printable(config.path)},
                               {"stores", stores},
                               {"jobs", jobs},
                               {"warnings", doubts}});
    else
        context.output.text(
            message(tr("{} is well written: {}, {}. Whether what it names is there and works, "
                       "saoluu doctor says."),
                    printable(config.path), message(trn("{} store", "{} stores", stores), stores),
                    message(trn("{} job", "{} jobs", jobs), jobs)) +
            "\n");
    return ExitCode::done;
}

/// How a channel took the test message, as a line.
std::string line_of(const NotifyResult& result) {
    const std::string name = result.channel + " (" + result.where + ")";
    if (result.error)
        return message(tr("{}: not sent: {}"), name, result.error->message());
    std::string line = result.is_good() ? message(tr("{}: sent"), name)
                                        : message(tr("{}: sent, but not to all"), name);
    for (const std::string& address : result.refused)
        line += "\n  " + message(tr("refused: {}"), address);
    for (const std::string& address : result.later)
        line += "\n  " + message(tr("the server takes it for {} only later: try again in a while"),
                                 printable(address));
    return line;
}

Json object_of(const NotifyResult& result) {
    Json object = {{"type", "channel"},     {"channel", result.channel}, {"where", result.where},
                   {"sent", !result.error}, {"refused", result.refused}, {"later", result.later}};
    if (result.error)
        object["error"] = result.error->message();
    return object;
}

Result<ExitCode> test_notify(Context& context) {
    const Config config = TRY(load_config(config_path(context)));
    Output& output = context.output;
    const std::vector<NotifyResult> results = TRY(send_test(
        config,
        [&](const std::string& channel, const std::string& where) {
            if (!context.options.quiet)
                output.note(message(tr("Sending a test message: {} ({}) …"), channel, where));
        },
        context.stop));
    std::size_t good = 0;
    for (const NotifyResult& result : results) {
        good += result.is_good() ? 1 : 0;
        if (output.is_json())
            output.object(object_of(result));
        else
            output.text(line_of(result) + "\n");
    }
    if (output.is_json())
        output.object({{"type", "summary"},
                       {"command", "config test-notify"},
                       {"channels", results.size()},
                       {"good", good}});
    else if (good == results.size())
        output.text(std::string(tr("Has it arrived? Look there now.")) + "\n");
    return good == results.size() ? ExitCode::done : ExitCode::failed;
}

} // namespace

Command add_config_test_notify(CLI::App& config) {
    CLI::App* const app = add_subcommand(
        config, "test-notify", tr("send a test message to those who are told of troubles"),
        tr("Sends a message by each way that [notify] of the config file names (mail, webhook), "
           "and says how each server took it. Nothing else is done."),
        "saoluu config test-notify");
    return {app, test_notify};
}

Command add_config_check(CLI::App& config) {
    CLI::App* const app = add_subcommand(
        config, "check", tr("say whether the config file is well written"),
        tr("Reads the config file, and the files of credentials that it names, and nothing else. A "
           "slip is named with its line, what was found, and what is allowed there."),
        "saoluu config check\nsaoluu config check --config ./saoluu.toml");
    return {app, check};
}

} // namespace saoluu::cli
