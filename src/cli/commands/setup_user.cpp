// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/setup_user.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include "saoluu/repository.hpp"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <system_error>

#include <pwd.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace saoluu::cli {
namespace {
using util::printable;
using util::tr;

constexpr const char* kName = "saoluu";

Failure failure_of(const std::string& path) {
    return Failure(util::system_error(errno, printable(path)));
}

} // namespace

std::optional<DaemonUser> DaemonUser::find() {
    if (::geteuid() != 0)
        return {};
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> names(16384);
    if (::getpwnam_r(kName, &entry, names.data(), names.size(), &found) != 0 || found == nullptr)
        return {};
    return DaemonUser(entry.pw_uid, entry.pw_gid);
}

Result<void> DaemonUser::let_read(const std::string& path, mode_t mode) const {
    const util::Fd file = TRY(util::open_path(path, O_RDONLY | O_NOFOLLOW));
    if (::fchown(file.get(), 0, group_) != 0 || ::fchmod(file.get(), mode) != 0)
        return failure_of(path);
    return {};
}

Result<void> DaemonUser::give_shared_folder(const std::string& path) const {
    const util::Fd folder = TRY(util::open_path(path, O_RDONLY | O_DIRECTORY));
    if (::fchown(folder.get(), user_, group_) != 0 || ::fchmod(folder.get(), 02770) != 0)
        return failure_of(path);
    return {};
}

Result<void> DaemonUser::give_all(const std::string& path) const {
    namespace fs = std::filesystem;
    std::error_code code;
    if (!fs::is_directory(fs::symlink_status(path, code)))
        return {};
    if (::lchown(path.c_str(), user_, group_) != 0)
        return failure_of(path);
    fs::recursive_directory_iterator at(path, code);
    while (!code && at != fs::recursive_directory_iterator()) {
        if (::lchown(at->path().c_str(), user_, group_) != 0 && errno != ENOENT)
            return failure_of(at->path().string());
        at.increment(code);
    }
    return code ? Result<void>(Failure(util::system_error(code.value(), printable(path))))
                : Result<void>();
}

std::vector<std::string> DaemonUser::as_him(std::vector<std::string> command) const {
    const LocalFolders folders = LocalFolders::from_environment(); // root's would be others
    // util-linux, which every Debian has.
    std::vector<std::string> all = {"setpriv",
                                    "--reuid=" + std::to_string(user_),
                                    "--regid=" + std::to_string(group_),
                                    "--init-groups",
                                    "--inh-caps=-all,+dac_read_search",
                                    "--ambient-caps=-all,+dac_read_search",
                                    "--bounding-set=-all,+dac_read_search",
                                    "env",
                                    "SAOLUU_STATE_DIR=" + folders.state,
                                    "SAOLUU_CACHE_DIR=" + folders.cache};
    all.insert(all.end(), command.begin(), command.end());
    return all;
}

Result<ExitCode> run_beside(const std::vector<std::string>& command, const std::stop_token& stop) {
    std::vector<std::string> words = command;
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    // In a group of its own: a Ctrl-C comes to us, and is handed on once. Two would be taken for
    // impatience.
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    pid_t child = -1;
    const int code =
        ::posix_spawnp(&child, arguments.front(), nullptr, &attributes, arguments.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    if (code != 0)
        return Failure(util::system_error(code, printable(command.front())));
    const std::stop_callback hand_on(stop, [child] { ::kill(child, SIGTERM); });
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return Failure(util::system_error(errno, printable(command.front())));
    if (stop.stop_requested())
        return fail(ErrorKind::interrupted, tr("interrupted"));
    return WIFEXITED(status) ? static_cast<ExitCode>(WEXITSTATUS(status)) : ExitCode::failed;
}

} // namespace saoluu::cli
