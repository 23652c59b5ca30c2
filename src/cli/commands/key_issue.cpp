// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/command.hpp"
#include "cli/dates.hpp"
#include "cli/new_passphrase.hpp"
#include "cli/terminal.hpp"
#include "util/text.hpp"

#include <memory>
#include <optional>
#include <variant>

#include <sys/stat.h>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::message;
using util::tr;

struct Options {
    std::string role;
    std::string holder;
    std::string unit;
    std::string domain;
    std::string expires;
    std::string new_passphrase_file;
    std::string new_key_file;
    std::uint32_t kdf_mib = 256;
    std::uint32_t kdf_passes = 3;
};

Result<Role> role_of(const std::string& name) {
    for (const Role role : {Role::backup, Role::restore, Role::admin})
        if (name == name_of(role))
            return role;
    return fail(ErrorKind::usage,
                name.empty() ? tr("what may the holder do? --role backup, restore or admin")
                             : message(tr("--role {}: it is backup, restore or admin"),
                                       util::printable(name)));
}

Result<void> checked(const Options& options) {
    if (options.holder.empty())
        return fail(ErrorKind::usage, tr("who will hold the key? Name the person with --holder"));
    if (!options.new_key_file.empty() && !options.new_passphrase_file.empty())
        return fail(ErrorKind::usage,
                    tr("--new-key-file, --new-passphrase-file: a key has one of them"));
    if (options.new_key_file.empty() && options.new_passphrase_file.empty() && !can_ask())
        return fail(ErrorKind::usage,
                    tr("how will the holder open the repository? --new-key-file names a file to "
                       "make, --new-passphrase-file one that holds a new passphrase"));
    struct stat info {};
    if (!options.new_key_file.empty() && ::lstat(options.new_key_file.c_str(), &info) == 0)
        return fail(ErrorKind::usage,
                    message(tr("--new-key-file {}: this file exists already and is left as it is: "
                               "name a new one"),
                            util::printable(options.new_key_file)));
    return {};
}

Result<std::variant<Passphrase, Credential::KeyFile>> secret_of(Context& context,
                                                                const Options& options) {
    using Secret = std::variant<Passphrase, Credential::KeyFile>;
    if (!options.new_key_file.empty())
        return Secret(Credential::KeyFile{options.new_key_file});
    if (!options.new_passphrase_file.empty()) {
        auto passphrase = TRY(Passphrase::from_file(options.new_passphrase_file));
        return Secret(TRY(judged(std::move(passphrase), context.output)));
    }
    return Secret(TRY(ask_new_passphrase(
        message(tr("New passphrase, to be typed by {}"), util::printable(options.holder)),
        context.stop)));
}

void show(Context& context, const Options& options, const KeyInfo& key) {
    if (context.output.is_json()) {
        Json json = json_of(key);
        if (!options.new_key_file.empty())
            json["key_file"] = util::printable(options.new_key_file);
        context.output.object(json);
        return;
    }
    const std::string what =
        message(tr("{} now holds a key of the role {} (slot {})."), util::printable(key.holder),
                name_of(key.role), key.slot.substr(0, 8));
    context.output.text(what + "\n");
    if (!options.new_key_file.empty())
        context.output.text(message(tr("It lies in {}. Whoever has this file can use it: bring it "
                                       "to its holder and leave no copy."),
                                    util::printable(options.new_key_file)) +
                            "\n");
}

Result<ExitCode> run(Context& context, const Options& options) {
    const Role role = TRY(role_of(options.role));
    std::optional<UnixTime> expires;
    if (!options.expires.empty())
        expires = TRY(end_of_day(options.expires));
    TRY(checked(options));
    Reporter reporter(context.output, context.shown());
    Repository repository = TRY(open_repository(context, reporter));
    auto secret = TRY(secret_of(context, options));
    const IssueOptions request{
        .role = role,
        .holder = options.holder,
        .unit = options.unit,
        .domain = options.domain,
        .expires = expires,
        .secret = std::move(secret),
        .kdf_mib = options.kdf_mib,
        .kdf_passes = options.kdf_passes,
    };
    const KeyInfo key = TRY(issue_key(repository, request));
    reporter.finish();
    show(context, options, key);
    return ExitCode::done;
}

} // namespace

Command add_key_issue(CLI::App& key) {
    const auto options = std::make_shared<Options>();
    CLI::App* const app = add_subcommand(
        key, "issue", tr("give a person a key of their own"),
        tr("Gives one person a key, which only an admin can do. A backup key adds backups and "
           "reads none, for a computer that backs itself up. A restore key also lists and "
           "restores, "
           "for the IT officer. An admin key does everything; let two people hold one. The new "
           "key is a file, or a slot behind a passphrase that its holder chooses."),
        "saoluu key issue --role restore --holder \"Trần Thị Bình\" --new-key-file binh.key\n"
        "saoluu key issue --role admin --holder \"Lê Văn Cường\" --new-passphrase-file cuong.txt\n"
        "saoluu key issue --role backup --holder \"Phạm Dung\" --expires 2027-12-31 \\\n"
        "       --new-key-file may-dung.key");
    app->add_option("--role", options->role, tr("backup, restore or admin"))
        ->type_name("backup|restore|admin");
    app->add_option("--holder", options->holder,
                    tr("name of the person who holds it; no shared names"))
        ->type_name(tr("NAME"));
    app->add_option("--unit", options->unit, tr("the office or department"))->type_name(tr("UNIT"));
    app->add_option("--domain", options->domain,
                    tr("keys with the same name here store what they have in common only "
                       "once, and must trust each other; by default each is alone"))
        ->type_name(tr("NAME"));
    app->add_option("--expires", options->expires, tr("the last day on which it should be used"))
        ->type_name("YYYY-MM-DD");
    app->add_option("--new-key-file", options->new_key_file, tr("make the key this file"))
        ->type_name(tr("FILE"));
    app->add_option("--new-passphrase-file", options->new_passphrase_file,
                    tr("put the key behind the passphrase in this file; without either, "
                       "it is asked for"))
        ->type_name(tr("FILE"));
    app->add_option("--kdf-mib", options->kdf_mib,
                    tr("memory that a guess of the passphrase costs, in MiB: 64 to 1024 "
                       "(256)"))
        ->type_name(tr("MIB"));
    app->add_option("--kdf-passes", options->kdf_passes, tr("passes over it: 1 to 16 (3)"))
        ->type_name("N");
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
