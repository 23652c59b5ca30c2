// SPDX-License-Identifier: Apache-2.0
#include "util/file.hpp"
#include "util/text.hpp"

#include "saoluu/daemon.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <vector>

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace saoluu {
namespace {
using util::printable;
using util::tr;

Failure failed(const char* what) {
    return Failure(util::system_error(errno, what));
}

/// The one capability, for this process and what it starts.
Result<void> keep_reading_all() {
    constexpr unsigned kRead = CAP_DAC_READ_SEARCH;
    __user_cap_header_struct header{};
    header.version = _LINUX_CAPABILITY_VERSION_3;
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    sets[0].effective = sets[0].permitted = sets[0].inheritable = 1U << kRead;
    // libcap would be a library for one call.
    if (::syscall(SYS_capset, &header, sets.data()) != 0)
        return failed("capset");
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kRead, 0, 0) != 0)
        return failed("PR_CAP_AMBIENT");
    return {};
}

struct User {
    std::string name, home;
    gid_t group = 0;
};

User user_of(uid_t id, gid_t otherwise) {
    std::vector<char> buffer(16 * 1024);
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
        return {.name = entry.pw_name, .home = entry.pw_dir, .group = entry.pw_gid};
    return {.name = {}, .home = {}, .group = otherwise};
}

} // namespace

Result<void> become_owner_of(const std::string& state_folder) {
    struct stat facts {};
    if (::geteuid() != 0 || ::stat(state_folder.c_str(), &facts) != 0 || facts.st_uid == 0)
        return {};
    const User user = user_of(facts.st_uid, facts.st_gid);
    const int groups =
        user.name.empty() ? ::setgroups(0, nullptr) : ::initgroups(user.name.c_str(), user.group);
    if (groups != 0)
        return failed("initgroups");
    if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
        return failed("PR_SET_KEEPCAPS");
    if (::setresgid(user.group, user.group, user.group) != 0)
        return failed("setresgid");
    if (::setresuid(facts.st_uid, facts.st_uid, facts.st_uid) != 0)
        return failed("setresuid");
    (void)::setenv("SAOLUU_STATE_DIR", state_folder.c_str(), 1);
    (void)::setenv("SAOLUU_CACHE_DIR", "/var/cache/saoluu", 0);
    if (!user.home.empty())
        (void)::setenv("HOME", user.home.c_str(), 1); // where ssh looks for its keys
    return keep_reading_all();
}

} // namespace saoluu
