// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/setup_user.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include <cerrno>
#include <csignal>
#include <vector>

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
    return util::system_failure(path);
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
    return DaemonUser(entry.pw_uid, entry.pw_gid, entry.pw_dir);
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

Result<ExitCode> run_beside(std::string program, std::vector<std::string> words,
                            std::vector<std::string> options, const std::stop_token& stop) {
    std::vector<char*> arguments = {program.data()};
    for (std::vector<std::string>* const list : {&words, &options})
        for (std::string& word : *list)
            arguments.push_back(word.data());
    arguments.push_back(nullptr);
    // In a group of its own: a Ctrl-C comes to us, and is handed on once. Two would be taken for
    // impatience.
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    pid_t child = -1;
    const int code =
        ::posix_spawn(&child, arguments.front(), nullptr, &attributes, arguments.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    if (code != 0)
        return Failure(util::system_error(code, printable(program)));
    const std::stop_callback hand_on(stop, [child] { ::kill(child, SIGTERM); });
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return util::system_failure(program);
    if (stop.stop_requested())
        return fail(ErrorKind::interrupted, tr("interrupted"));
    return WIFEXITED(status) ? static_cast<ExitCode>(WEXITSTATUS(status)) : ExitCode::failed;
}

} // namespace saoluu::cli
