// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/setup_work.hpp"

#include "cli/commands/setup_dialogue.hpp"
#include "cli/commands/setup_user.hpp"
#include "cli/new_passphrase.hpp"
#include "cli/reporter.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

namespace saoluu::cli {
namespace {
using util::message;
using util::printable;
using util::tr;

constexpr mode_t kForGroup = 0640;
constexpr mode_t kFolderForGroup = 0750;

bool is_there(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0;
}

/// A missing folder for the config file or a key.
Result<void> make_settings_folder(const std::string& folder) {
    if (is_there(folder))
        return {};
    TRY(util::make_folders(folder, kFolderForGroup));
    if (const auto user = DaemonUser::find())
        TRY(user->let_read(folder, kFolderForGroup));
    return {};
}

/// Whether a file is there, and says this: one of an earlier try.
bool says(const std::string& path, const SecretText& text) {
    constexpr std::size_t kMost = 64 << 10;
    const Result<util::Bytes> old = util::read_file(path, kMost);
    const auto given = util::as_bytes(text.reveal());
    return old && std::equal(old->begin(), old->end(), given.begin(), given.end());
}

/// A new file of secrets beside the config file.
Result<void> write_secret(const std::string& path, const SecretText& text) {
    Result<void> made = util::create_file_durably(path, util::as_bytes(text.reveal()), 0600);
    if (!made && made.error().kind() == ErrorKind::exists && says(path, text))
        made = {};
    if (!made)
        return made;
    if (const auto user = DaemonUser::find())
        return user->let_read(path, kForGroup);
    return {};
}

Result<std::string> own_program() {
    std::array<char, PATH_MAX> path{};
    const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
    if (size <= 0)
        return Failure(util::system_error(errno, "/proc/self/exe"));
    return std::string(path.data(), static_cast<std::size_t>(size));
}

} // namespace

SetupWork::SecretFile SetupWork::access_key_file() const {
    if (answers_.access_key.empty())
        return {};
    std::string text = message("aws_access_key_id = {}\naws_secret_access_key = {}\n",
                               answers_.access_key, answers_.secret_key.reveal());
    SecretFile file{.path = util::join(util::parent_of(answers_.config_path), "s3.key"),
                    .text = SecretText::copy_of(text)};
    wipe(text);
    return file;
}

SetupWork::SecretFile SetupWork::mail_password_file() const {
    if (!answers_.config.mail || answers_.mail_password.empty())
        return {};
    std::string text = std::string(answers_.mail_password.reveal()) + "\n";
    SecretFile file{.path = util::join(util::parent_of(answers_.config_path), "mail.password"),
                    .text = SecretText::copy_of(text)};
    wipe(text);
    return file;
}

Result<void> SetupWork::prove_files() const {
    for (const SecretFile& file : {access_key_file(), mail_password_file()})
        if (!file.path.empty() && is_there(file.path) && !says(file.path, file.text))
            return fail(ErrorKind::exists,
                        message(tr("{} is there already, of an earlier setup, and holds another "
                                   "secret than was given now: move it away, and try again"),
                                printable(file.path)));
    return {};
}

Result<void> SetupWork::take_key(const PlaceLook& look) {
    const std::string& key = answers_.config.key_file;
    const bool is_repository = look.state == PlaceLook::State::repository;
    if (is_there(key) && !is_repository)
        return fail(ErrorKind::exists,
                    message(tr("{}: this key file is there already, though its repository is not: "
                               "move it away, or name another with --backup-key"),
                            printable(key)));
    TRY(make_settings_folder(util::parent_of(answers_.config_path)));
    TRY(make_settings_folder(util::parent_of(key)));
    if (!is_there(key)) {
        TRY(is_repository ? join_repository() : make_repository());
    } else {
        Target target = TRY(target_of(context_, answers_));
        Reporter reporter(context_.output, Reporter::Show::findings_only);
        const Result<Repository> opened =
            Repository::open({.location = std::move(target.location),
                              .credential = {.secret = Credential::KeyFile{key}, .slot = {}},
                              .reach = std::move(target.reach)},
                             reporter);
        if (!opened)
            return Failure(Error(opened.error())
                               .within(message(tr("{} is there already and does not open this "
                                                  "repository (move it away, or name another with "
                                                  "--backup-key)"),
                                               printable(key))));
        if (opened->role() != Role::backup)
            return fail(ErrorKind::refused,
                        message(tr("{} is there already and can read all backups, as then could "
                                   "whoever gets hold of this computer: move it away, or name "
                                   "another file with --backup-key, and a key that only adds is "
                                   "made"),
                                printable(key)));
        tell(message(tr("{} is there already and opens this repository: it is used."),
                     printable(key)));
    }
    // The key stays root's alone: the daemon may read every file.
    return {};
}

/// A new repository in a folder of this machine is the daemon's, and its files are made so that
/// root can add to it too.
Result<void> SetupWork::prepare_folder(const std::string& folder) const {
    const auto user = DaemonUser::find();
    if (!user || !folder.starts_with('/'))
        return {};
    TRY(util::make_folders(folder, 0755));
    const Result<void> given = user->give_shared_folder(folder);
    if (!given) // a share may have owners of its own
        tell(message(tr("{}: it could not be given to the user saoluu, by whom the daemon runs: "
                        "see that he may write there ({})"),
                     printable(folder), given.error().message()));
    return {};
}

Result<void> SetupWork::make_repository() {
    auto given = TRY(given_new_passphrase(context_.options, context_.environment));
    Passphrase passphrase =
        given ? TRY(judged(std::move(*given), context_.output))
              : TRY(ask_new_passphrase(
                    message(tr("New passphrase, to be typed by {}"), printable(answers_.holder)),
                    context_.stop));
    const Target target = TRY(target_of(context_, answers_));
    TRY(prepare_folder(target.location));
    TRY(init_repository({.location = target.location,
                         .holder = answers_.holder,
                         .unit = answers_.unit,
                         .kdf_mib = answers_.kdf_mib,
                         .kdf_passes = answers_.kdf_passes,
                         .passphrase = std::move(passphrase),
                         .backup_key_file = answers_.config.key_file,
                         .reach = target.reach}));
    return {};
}

Result<void> SetupWork::join_repository() {
    was_joined_ = true;
    tell(tr("An admin of the repository gives this computer a backup key of its own."));
    Target target = TRY(target_of(context_, answers_));
    Reporter reporter(context_.output, Reporter::Show::findings_only);
    Repository repository = TRY(open_repository(context_, std::move(target), reporter));
    TRY(issue_key(repository, {.role = Role::backup,
                               .holder = answers_.holder,
                               .unit = answers_.unit,
                               .domain = {},
                               .expires = {},
                               .secret = Credential::KeyFile{answers_.config.key_file},
                               .kdf_mib = answers_.kdf_mib,
                               .kdf_passes = answers_.kdf_passes}));
    return {};
}

Result<void> SetupWork::write_files() {
    if (const SecretFile file = access_key_file(); !file.path.empty()) {
        TRY(write_secret(file.path, file.text));
        answers_.config.credentials = file.path;
        answers_.access_key.clear();
    }
    if (const SecretFile file = mail_password_file(); !file.path.empty()) {
        TRY(write_secret(file.path, file.text));
        answers_.config.mail->password_file = file.path;
        answers_.mail_password = {};
    }
    const std::string text = TRY(config_text(answers_.config));
    TRY(read_config_text(text, answers_.config_path)); // what is written can be read
    TRY(util::create_file_durably(answers_.config_path, util::as_bytes(text), kForGroup));
    if (const auto user = DaemonUser::find())
        TRY(user->let_read(answers_.config_path, kForGroup));
    return {};
}

Result<ExitCode> SetupWork::back_up() {
    // As the daemon will: by this key, whatever the environment names.
    std::vector<std::string> options = {"--key-file=" + answers_.config.key_file};
    if (!context_.options.language.empty())
        options.push_back("--lang=" + context_.options.language);
    if (context_.options.quiet)
        options.push_back("--quiet");
    if (context_.output.is_json())
        options.push_back("--json");
    // It goes on by itself as the user whose state it finds.
    return run_beside(TRY(own_program()),
                      {"job", "run", answers_.config.job_name, "--config", answers_.config_path},
                      options, context_.stop);
}

} // namespace saoluu::cli
