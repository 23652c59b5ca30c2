// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/command.hpp"
#include "cli/new_passphrase.hpp"
#include "cli/table.hpp"
#include "util/text.hpp"

#include <memory>
#include <optional>

#include <sys/stat.h>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::message;
using util::tr;

struct Options {
    std::string holder;
    std::string unit;
    std::string suite = "xchacha20";
    std::uint32_t kdf_mib = 256;
    std::uint32_t kdf_passes = 3;
    std::string backup_key;
    std::uint32_t lock_days = 0;
    std::string lock_mode;
};

Result<CipherSuite> suite_of(const std::string& name) {
    if (name == "xchacha20")
        return CipherSuite::xchacha20;
    if (name == "aes256gcm")
        return CipherSuite::aes256gcm;
    return fail(ErrorKind::usage,
                message(tr("--suite {}: it is xchacha20 or aes256gcm"), util::printable(name)));
}

Result<Retention> retention_of(const Options& options) {
    if (options.lock_days == 0 && !options.lock_mode.empty())
        return fail(ErrorKind::usage, tr("--lock-mode says how --lock-days N locks: give both"));
    if (options.lock_mode.empty() || options.lock_mode == "compliance")
        return Retention{.days = options.lock_days, .mode = Retention::Mode::compliance};
    if (options.lock_mode == "governance")
        return Retention{.days = options.lock_days, .mode = Retention::Mode::governance};
    return fail(ErrorKind::usage, message(tr("--lock-mode {}: it is compliance or governance"),
                                          util::printable(options.lock_mode)));
}

/// What can be seen before anyone is asked for a passphrase.
Result<void> checked(const Options& options) {
    if (options.holder.empty())
        return fail(ErrorKind::usage,
                    tr("who will hold the first key? Name the person with --holder"));
    if (options.backup_key.empty())
        return fail(ErrorKind::usage,
                    tr("where shall the key go that only adds backups? Name a new file with "
                       "--backup-key"));
    struct stat info {};
    if (::lstat(options.backup_key.c_str(), &info) == 0)
        return fail(ErrorKind::usage,
                    message(tr("--backup-key {}: this file exists already and is left as it is: "
                               "name a new one"),
                            util::printable(options.backup_key)));
    return {};
}

Result<Passphrase> new_passphrase(Context& context, const std::string& location) {
    auto given = TRY(given_new_passphrase(context.options, context.environment));
    if (given)
        return judged(std::move(*given), context.output);
    return ask_new_passphrase(message(tr("New passphrase for {}"), util::printable(location)),
                              context.stop);
}

void show(Context& context, const Options& options, const InitSummary& summary) {
    if (context.output.is_json()) {
        context.output.object({{"type", "summary"},
                               {"command", "init"},
                               {"repository", summary.repository_id},
                               {"location", util::printable(summary.location)},
                               {"founder_slot", summary.founder_slot},
                               {"backup_key_file", util::printable(summary.backup_key_file)},
                               {"exclusive_create", summary.exclusive_create}});
        return;
    }
    Table table({{}, {}});
    table.add({tr("Place"), util::printable(summary.location)});
    table.add({tr("Id"), summary.repository_id});
    table.add({tr("Encryption"), options.suite});
    table.add(
        {tr("Admin"), message(tr("{}, by passphrase (slot {})"), util::printable(options.holder),
                              summary.founder_slot.substr(0, 8))});
    table.add({tr("Backup key"), util::printable(summary.backup_key_file)});
    context.output.text(std::string(tr("The repository is ready.")) + "\n" + table.text(2));
    context.output.text("\n" + advice_on_first_key() + "\n");
    if (!summary.exclusive_create)
        context.output.note(
            wrapped(tr("This place does not refuse to write a file twice, so backups take a few "
                       "more steps there."),
                    79));
}

Result<ExitCode> run(Context& context, const Options& options) {
    Target target = TRY(target_of(context));
    const CipherSuite suite = TRY(suite_of(options.suite));
    const Retention retention = TRY(retention_of(options));
    TRY(checked(options));
    Passphrase passphrase = TRY(new_passphrase(context, target.location));
    const InitOptions request{
        .location = target.location,
        .holder = options.holder,
        .unit = options.unit,
        .suite = suite,
        .kdf_mib = options.kdf_mib,
        .kdf_passes = options.kdf_passes,
        .passphrase = std::move(passphrase),
        .backup_key_file = options.backup_key,
        .reach = target.reach,
        .retention = retention,
    };
    const InitSummary summary = TRY(init_repository(request));
    show(context, options, summary);
    return ExitCode::done;
}

} // namespace

Command add_init(CLI::App& root) {
    const auto options = std::make_shared<Options>();
    CLI::App* const app = add_subcommand(
        root, "init", tr("make a new repository and its first keys"),
        tr("Makes a repository in a new or empty folder, with two keys of one person: an admin key "
           "behind a passphrase, which opens everything, and a backup key in a file, which can "
           "only add backups and stays on this computer. The passphrase is asked for (twice, or "
           "made for you), or comes from --passphrase-file or SAOLUU_PASSPHRASE."),
        "saoluu init --repo /mnt/nas/saoluu --holder \"Nguyễn Văn An\" --backup-key backup.key\n"
        "saoluu init --repo /mnt/nas/saoluu --holder \"Nguyễn Văn An\" --unit \"Văn phòng UBND\" "
        "\\\n"
        "       --suite aes256gcm --passphrase-file pass.txt --backup-key backup.key");
    app->add_option("--holder", options->holder,
                    tr("name of the person who holds these keys; no shared names"))
        ->type_name(tr("NAME"));
    app->add_option("--unit", options->unit, tr("the office or department"))->type_name(tr("UNIT"));
    app->add_option("--suite", options->suite,
                    tr("xchacha20 (the default) or aes256gcm, for rules that want AES"))
        ->type_name("xchacha20|aes256gcm");
    app->add_option("--backup-key", options->backup_key,
                    tr("new file for the key that only adds backups"))
        ->type_name(tr("FILE"));
    app->add_option("--lock-days", options->lock_days,
                    tr("have an S3 service lock each object for so many days, in which nobody can "
                       "remove it"))
        ->type_name(tr("DAYS"))
        ->check(CLI::Range(1U, 36500U));
    app->add_option("--lock-mode", options->lock_mode,
                    tr("compliance (the default: not even the account's owner can remove it) or "
                       "governance (who has a special right can)"))
        ->type_name("compliance|governance");
    app->add_option("--kdf-mib", options->kdf_mib,
                    tr("memory that a guess of the passphrase costs, in MiB: 64 to 1024 "
                       "(256)"))
        ->type_name(tr("MIB"));
    app->add_option("--kdf-passes", options->kdf_passes, tr("passes over it: 1 to 16 (3)"))
        ->type_name("N");
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
