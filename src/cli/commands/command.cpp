// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/command.hpp"

#include "cli/help.hpp"
#include "cli/program.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

namespace saoluu::cli {

CLI::App* add_subcommand(CLI::App& parent, const std::string& name, const std::string& what,
                         const std::string& purpose, const std::string& examples) {
    const auto app = std::make_shared<CommandApp>(name, what, parent, purpose, examples);
    parent.add_subcommand(app);
    app->group(util::tr("Commands"));
    app->get_help_ptr()->group(util::tr("Options"));
    app->fallthrough(); // options of every command may stand behind its name
    // The list of commands shows `what`; its own help begins with the paragraph.
    app->preparse_callback([app = app.get()](std::size_t) {
        app->description(wrapped(app->purpose(), kHelpColumns) + "\n");
    });
    app->footer(examples_help(examples));
    return app.get();
}

Result<Repository> open_repository(Context& context, Events& events) {
    return open_repository(context, TRY(target_of(context)), events);
}

Result<Repository> open_repository(Context& context, Target target, Events& events) {
    // Not in the braces below: GCC leaks what is built there when TRY returns in the middle.
    auto credential =
        TRY(credential_of(context.options, context.environment, target.location, context.stop));
    OpenOptions options{.location = std::move(target.location),
                        .credential = std::move(credential),
                        .reach = std::move(target.reach)};
    auto repository = TRY(Repository::open(std::move(options), events));
    if (context.options.verbose)
        context.output.note(util::message(
            util::tr("Opened the repository {} at {} with a key of the role {}."), repository.id(),
            util::printable(repository.location()), name_of(repository.role())));
    return repository;
}

Result<OpenOptions> given_for(Context& context, const std::string& location, bool& has_key) {
    Target target = TRY(target_named(context, location));
    OpenOptions options{
        .location = std::move(target.location), .credential = {}, .reach = std::move(target.reach)};
    const GlobalOptions& named = context.options;
    const Environment& environment = context.environment;
    has_key = !named.key_file.empty() || !named.passphrase_file.empty() ||
              !environment.key_file.empty() || !environment.passphrase_file.empty() ||
              environment.passphrase.has_value();
    if (has_key)
        options.credential =
            TRY(credential_of(named, context.environment, options.location, context.stop));
    return options;
}

Json json_of(const KeyInfo& key) {
    Json json = {{"type", "key"},
                 {"actor", key.actor},
                 {"slot", key.slot},
                 {"holder", key.holder},
                 {"unit", key.unit},
                 {"role", name_of(key.role)},
                 {"domain", key.domain},
                 {"domain_name", key.domain_name},
                 {"issued", util::utc_time(key.issued)},
                 {"expires", nullptr},
                 {"by_passphrase", key.by_passphrase},
                 {"is_own", key.is_own}};
    if (key.expires)
        json["expires"] = util::utc_time(*key.expires);
    return json;
}

} // namespace saoluu::cli
