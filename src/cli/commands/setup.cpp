// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/setup_dialogue.hpp"
#include "cli/commands/setup_surroundings.hpp"
#include "cli/commands/setup_work.hpp"
#include "cli/new_passphrase.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

namespace saoluu::cli {
namespace {
using util::message;
using util::printable;
using util::tr;

/// Documents that are open leave these; the rest of configs/exclude-office.txt is for whoever wants
/// it.
const std::vector<std::string> kExcludes = {"~$*", ".~lock.*#", "*.tmp"};

struct Options {
    SetupAnswers answers;
    std::vector<std::string> sources;
    std::string store;
    NewConfig::Mail mail;
};

bool is_there(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0;
}

Result<void> take_mail(const NewConfig::Mail& mail, SetupAnswers& answers) {
    const bool is_named = !mail.server.empty() || !mail.from.empty() || !mail.to.empty() ||
                          !mail.user.empty() || !mail.password_file.empty() ||
                          !mail.ca_file.empty();
    if (!is_named)
        return {};
    if (answers.no_mail)
        return fail(ErrorKind::usage, tr("--no-mail: then no other --mail-… makes sense"));
    if (mail.server.empty() || mail.from.empty() || mail.to.empty())
        return fail(ErrorKind::usage,
                    tr("--mail-server, --mail-from and --mail-to belong together: give all"));
    answers.config.mail = mail;
    for (std::string* const path :
         {&answers.config.mail->password_file, &answers.config.mail->ca_file})
        if (!path->empty())
            *path = TRY(path_typed(*path));
    return {};
}

/// The answers that were given as options, in full.
Result<SetupAnswers> given_answers(Context& context, const Options& options) {
    if (!context.options.repositories.empty())
        return fail(ErrorKind::usage, tr("--repo: setup takes the place after --store"));
    SetupAnswers answers = options.answers;
    answers.config_path = TRY(path_typed(config_path(context)));
    NewConfig& config = answers.config;
    for (const std::string& source : options.sources)
        config.sources.push_back(TRY(path_typed(source)));
    if (!options.store.empty())
        config.url = TRY(place_typed(options.store));
    if (config.store_name.empty() && !config.url.empty())
        config.store_name = store_name_for(config.url);
    for (std::string* const path : {&config.ca_file, &config.credentials, &config.ssh_key,
                                    &config.known_hosts, &config.key_file})
        if (!path->empty())
            *path = TRY(path_typed(*path));
    if (config.key_file.empty())
        config.key_file = util::join(util::parent_of(answers.config_path), "backup.key");
    if (config.job_name.empty())
        config.job_name = "tailieu";
    config.excludes = kExcludes;
    answers.has_schedule = !config.schedule.empty();
    if (!answers.has_schedule)
        config.schedule = {"Mon..Fri 11,16:30"};
    if (!answers.holder.empty())
        TRY(check_holder(answers.holder));
    config.office = answers.unit;
    TRY(take_mail(options.mail, answers));
    return answers;
}

/// errors: exists where setup was run before, which says what to do then
Result<void> demand_new(const SetupAnswers& answers) {
    if (!is_there(answers.config_path))
        return {};
    return fail(ErrorKind::exists,
                message(tr("{} is there already, and is left as it is. What it says: saoluu config "
                           "show. To back up now: saoluu job run NAME. To change something, edit "
                           "it. To begin anew, move it away"),
                        printable(answers.config_path)));
}

Result<void> demand_all(const Context& context, const SetupAnswers& answers) {
    std::string missing;
    const auto lacks = [&missing](const char* option) {
        missing += (missing.empty() ? "" : ", ") + std::string(option);
    };
    if (answers.config.sources.empty())
        lacks("--source");
    if (answers.config.url.empty())
        lacks("--store");
    if (answers.holder.empty())
        lacks("--holder");
    const bool has_passphrase =
        !context.options.passphrase_file.empty() || !context.options.key_file.empty() ||
        !context.environment.passphrase_file.empty() || !context.environment.key_file.empty() ||
        context.environment.passphrase.has_value();
    if (!has_passphrase && !is_there(answers.config.key_file))
        lacks("--passphrase-file");
    if (missing.empty())
        return {};
    return fail(ErrorKind::usage,
                message(tr("nobody is asked here, so these are needed: {}"), missing));
}

/// Proves what was given as options.
Result<PlaceLook> prove_all(Context& context, SetupAnswers& answers, bool was_mail_proven) {
    for (const std::string& source : answers.config.sources)
        TRY(prove_source(source, context.stop));
    TRY(prove_schedule(answers));
    answers.config.max_age_hours = TRY(max_age_of(answers.config.schedule));
    TRY(take_surroundings(answers));
    TRY(config_of(answers));
    PlaceLook look = TRY(prove_store(context, answers));
    if (!was_mail_proven)
        TRY(prove_mail(answers, context.stop));
    return look;
}

/// The folders that the daemon's unit lets it write to.
bool may_be_written_by_unit(const std::string& folder) {
    return std::ranges::any_of(
        std::vector<std::string>{"/mnt/", "/media/", "/run/media/", "/srv/saoluu/"},
        [&](const std::string& start) { return folder.starts_with(start); });
}

/// A path as a line of a unit takes it.
std::string for_unit(const std::string& path) {
    std::string text = "\"";
    for (const char c : path)
        text += (c == '%' ? "%" : c == '"' || c == '\\' ? "\\" : "") + std::string(1, c);
    const bool is_plain =
        text.size() == path.size() + 1 && path.find_first_of(" '") == std::string::npos;
    return is_plain ? path : text + '"';
}

std::string what_is_next(const SetupAnswers& answers) {
    const NewConfig& config = answers.config;
    std::string text = message(tr("To restore: saoluu restore --repo {} latest --target FOLDER"),
                               config.store_name) +
                       "\n";
    const bool has_systemd = ::geteuid() == 0 && is_there("/run/systemd/system");
    if (!has_systemd)
        return text + tr("For the schedule, let this run: saoluu daemon") + "\n";
    if (config.url.starts_with('/') && !may_be_written_by_unit(config.url + "/"))
        text += message(tr("The daemon may not write to this folder yet. Let it: systemctl edit "
                           "saoluu, with the lines [Service] and ReadWritePaths={}"),
                        printable(for_unit(config.url))) +
                "\n";
    return text + tr("For the schedule, run: systemctl enable --now saoluu") + "\n";
}

Result<void> show(Context& context, const SetupAnswers& answers, const SetupWork& work) {
    const std::vector<UnixTime> runs = TRY(prove_schedule(answers));
    const NewConfig& config = answers.config;
    if (context.output.is_json()) {
        Json next = Json::array();
        for (const UnixTime run : runs)
            next.push_back(util::utc_time(run));
        context.output.object({{"type", "summary"},
                               {"command", "setup"},
                               {"config", printable(answers.config_path)},
                               {"backup_key_file", printable(config.key_file)},
                               {"store", config.store_name},
                               {"location", printable(config.url)},
                               {"joined", work.was_joined()},
                               {"job", config.job_name},
                               {"next_runs", next}});
        return {};
    }
    Table table({{}, {}});
    table.add({tr("Config file"), printable(answers.config_path)});
    table.add({tr("Backup key"), printable(config.key_file)});
    table.add({tr("Store"), message("{} ({})", config.store_name, printable(config.url))});
    table.add({tr("Job"), config.job_name});
    table.add({tr("Next runs"), text_of(runs)});
    context.output.text("\n" + std::string(tr("All is set up.")) + "\n" + table.text(2) + "\n" +
                        what_is_next(answers) + "\n" +
                        (work.was_joined() ? "" : advice_on_first_key() + "\n"));
    return {};
}

Result<ExitCode> run(Context& context, const Options& options) {
    SetupAnswers answers = TRY(given_answers(context, options));
    TRY(demand_new(answers));
    const bool asks = can_ask() && !answers.yes && !context.output.is_json();
    const bool was_mail_proven = asks && !answers.config.mail; // it is asked for then
    if (!asks)
        TRY(demand_all(context, answers));
    else
        TRY(ask_for_answers(context, answers));
    const PlaceLook look = TRY(prove_all(context, answers, was_mail_proven));
    SetupWork work(context, answers);
    TRY(work.prove_files());
    if (asks)
        TRY(ask_to_begin(context, answers));
    TRY(work.take_key(look));
    TRY(work.write_files());
    std::optional<Result<ExitCode>> backup;
    if (!answers.no_backup)
        backup = work.back_up();
    TRY(show(context, answers, work));
    if (!backup)
        return ExitCode::done;
    if (!*backup || (**backup != ExitCode::done && **backup != ExitCode::incomplete))
        tell(message(tr("The first backup was not made. Try again: saoluu job run {}"),
                     answers.config.job_name));
    return *std::move(backup);
}

} // namespace

Command add_setup(CLI::App& root) {
    const auto options = std::make_shared<Options>();
    CLI::App* const app = add_subcommand(
        root, "setup",
        tr("set this computer up: ask, prove, write, and back up for the first time"),
        tr("Asks what is to be backed up, where to, when, and who is in charge, and proves each "
           "answer at once. Then it makes the repository, or joins one that is there, writes the "
           "config file and this computer's key, and makes the first backup. What is given as an "
           "option is not asked for; with --yes, or without a terminal, nothing is. For a bucket "
           "that locks its objects make the repository by saoluu init --lock-days, and let setup "
           "join it."),
        "saoluu setup\n"
        "saoluu setup --yes --source /srv/vanphong --store /mnt/nas/saoluu \\\n"
        "       --holder \"Nguyễn Văn An\" --passphrase-file pass.txt");
    const auto text = [&](const char* name, std::string& to, const char* what, const char* type) {
        app->add_option(name, to, what)->type_name(type);
    };
    const auto many = [&](const char* name, std::vector<std::string>& to, const char* what,
                          const char* type) {
        app->add_option(name, to, what)
            ->type_name(type)
            ->expected(1)
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    };
    NewConfig& config = options->answers.config;
    many("--source", options->sources, tr("a folder or file to back up; may be given again"),
         tr("PATH"));
    text("--store", options->store, tr("where the backups shall lie: a folder, sftp://…, s3://…"),
         tr("PLACE"));
    text("--store-name", config.store_name, tr("its name in the config file (nas, sftp or cloud)"),
         tr("NAME"));
    text("--job", config.job_name, tr("the job's name in the config file (tailieu)"), tr("NAME"));
    many("--schedule", config.schedule,
         tr("when: \"Mon..Fri 11,16:30\" (the default), as OnCalendar; may be given again"),
         tr("TIMES"));
    text("--holder", options->answers.holder,
         tr("name of the person who holds these keys; no shared names"), tr("NAME"));
    text("--unit", options->answers.unit, tr("the office or department"), tr("UNIT"));
    text("--backup-key", config.key_file,
         tr("new file for this computer's key (backup.key beside the config file)"), tr("FILE"));
    text("--endpoint", config.endpoint, tr("S3: address of the service"), "URL");
    text("--region", config.region, tr("S3: its region"), tr("NAME"));
    text("--credentials", config.credentials, tr("S3: file with the access key"), tr("FILE"));
    text("--ca", config.ca_file, tr("S3: certificates to trust in place of the system's"),
         tr("FILE"));
    text("--ssh-key", config.ssh_key, tr("SFTP: private key"), tr("FILE"));
    text("--known-hosts", config.known_hosts, tr("SFTP: file with the server's key"), tr("FILE"));
    text("--host-key", config.host_key, tr("SFTP: the server's key: \"ssh-ed25519 AAAA…\""),
         tr("KEY"));
    NewConfig::Mail& mail = options->mail;
    text("--mail-server", mail.server,
         tr("who is told of troubles, by smtp://mail.example.vn:587 or smtps://…; a test message "
            "is sent"),
         "URL");
    text("--mail-from", mail.from, tr("sender of the messages"), tr("ADDRESS"));
    many("--mail-to", mail.to, tr("who gets them; may be given again"), tr("ADDRESS"));
    text("--mail-user", mail.user, tr("user at the mail server"), tr("NAME"));
    text("--mail-password-file", mail.password_file, tr("file with his password"), tr("FILE"));
    text("--mail-ca", mail.ca_file, tr("certificates to trust in place of the system's"),
         tr("FILE"));
    app->add_flag("--no-mail", options->answers.no_mail, tr("nobody is told by mail"));
    app->add_flag("-y,--yes", options->answers.yes, tr("ask nothing"));
    app->add_flag("--no-backup", options->answers.no_backup,
                  tr("leave the first backup to the schedule"));
    app->add_option("--kdf-mib", options->answers.kdf_mib,
                    tr("memory that a guess of the passphrase costs, in MiB: 64 to 1024 "
                       "(256)"))
        ->type_name(tr("MIB"));
    app->add_option("--kdf-passes", options->answers.kdf_passes, tr("passes over it: 1 to 16 (3)"))
        ->type_name("N");
    return {app, [options](Context& context) { return run(context, *options); }};
}

} // namespace saoluu::cli
