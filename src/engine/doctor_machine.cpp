// SPDX-License-Identifier: Apache-2.0
#include "engine/doctor_run.hpp"
#include "format/text_objects.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <span>

#include <langinfo.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace saoluu::engine {
namespace {
using util::message;
using util::printable;
using util::tr;

/// Less, and a backup ends in the middle of its first packs.
constexpr std::uint64_t kRoomNeeded = 256ULL << 20;
constexpr std::uint64_t kRoomWanted = 2ULL << 30;

void look_at_clock(const util::Clock& clock, const Verdicts& verdicts) {
    // Before this program was made, or so far ahead that every key has expired.
    constexpr std::int64_t kEarliest = 1'735'689'600; // 2025-01-01
    constexpr std::int64_t kLatest = 4'102'444'800;   // 2100-01-01
    const std::int64_t now = clock.now();
    const std::time_t seconds = static_cast<std::time_t>(now);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    const std::string text = message("{:04}-{:02}-{:02} {:02}:{:02} {}", local.tm_year + 1900,
                                     local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min,
                                     local.tm_zone == nullptr ? "" : local.tm_zone);
    if (now < kEarliest || now >= kLatest)
        verdicts.fault("clock", message(tr("the clock says {}, which can't be"), text),
                       tr("set it: timedatectl set-ntp true"));
    else
        verdicts.in_order("clock", message(tr("the clock says {}"), text));
}

void look_at_language(const Verdicts& verdicts) {
    const std::string coding = ::nl_langinfo(CODESET);
    if (coding == "UTF-8")
        verdicts.in_order("locale", tr("text is in UTF-8"));
    else
        verdicts.warning("locale",
                         message(tr("the system's coding of text is {}, which lacks Vietnamese "
                                    "letters"),
                                 printable(coding)),
                         tr("set LANG=vi_VN.UTF-8 or LANG=C.UTF-8"));
}

void look_at_locked_memory(const Verdicts& verdicts) {
    // Secrets are small; each takes pages of its own.
    constexpr rlim_t kNeeded = rlim_t{1} << 20;
    rlimit limit{};
    if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        return;
    const std::string most =
        limit.rlim_cur == RLIM_INFINITY ? tr("any amount") : util::human_size(limit.rlim_cur);
    if (limit.rlim_cur < kNeeded && ::geteuid() != 0)
        verdicts.warning("locked-memory",
                         message(tr("only {} of memory may be locked: keys could be written to the "
                                    "swap disk"),
                                 most),
                         tr("raise it: ulimit -l 8192, or LimitMEMLOCK=8M in the service"));
    else
        verdicts.in_order("locked-memory", message(tr("memory that may be locked: {}"), most));
}

/// The nearest folder above that is there.
std::string existing_above(std::string path) {
    struct stat info {};
    while (path.size() > 1 && ::stat(path.c_str(), &info) != 0)
        path = util::parent_of(path);
    return path;
}

void look_at_folder(const std::string& folder, const char* what, const Verdicts& verdicts) {
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0) {
        const std::string above = existing_above(folder);
        if (::access(above.c_str(), W_OK | X_OK) == 0)
            verdicts.in_order("folder", message(tr("{}: is made when it is needed"), what));
        else
            verdicts.fault(
                "folder",
                message(tr("{}: is not there and can't be made in {}"), what, printable(above)),
                message(tr("make it as root, for this user: install -d -m 700 -o {} {}"),
                        ::geteuid(), printable(folder)));
        return;
    }
    if (!S_ISDIR(info.st_mode)) {
        verdicts.fault("folder", message(tr("{}: this is no folder"), what), tr("move it away"));
        return;
    }
    if (::access(folder.c_str(), W_OK | X_OK) != 0) {
        verdicts.fault(
            "folder", message(tr("{}: this user may not write there"), what),
            message(tr("run as its owner, or: chown {} {}"), ::geteuid(), printable(folder)));
        return;
    }
    if ((info.st_mode & (S_IWGRP | S_IRWXO)) != 0 && (info.st_mode & S_IWOTH) != 0)
        verdicts.fault("folder-mode", message(tr("{}: every user can change what is in it"), what),
                       message("chmod 700 {}", printable(folder)));
    else if ((info.st_mode & S_IRWXO) != 0)
        verdicts.warning("folder-mode", message(tr("{}: every user can look into it"), what),
                         message("chmod 700 {}", printable(folder)));
    else
        verdicts.in_order("folder", message(tr("{}: can be written, by its owner alone"), what));
    look_at_room(folder, verdicts);
}

} // namespace

void look_at_room(const std::string& folder, const Verdicts& verdicts) {
    struct statvfs there {};
    if (::statvfs(folder.c_str(), &there) != 0)
        return;
    const std::uint64_t room = std::uint64_t{there.f_bavail} * there.f_frsize;
    const std::uint64_t all = std::uint64_t{there.f_blocks} * there.f_frsize;
    const std::string text =
        message(tr("free: {} of {}"), util::human_size(room), util::human_size(all));
    // Some file systems of networks have no figures.
    if (all != 0 && room < kRoomNeeded)
        verdicts.fault("free-space", text, tr("make room: a backup would end in the middle"));
    else if (all != 0 && room < kRoomWanted)
        verdicts.warning("free-space", text, tr("make room before it is full"));
    else
        verdicts.in_order("free-space", text);
    const std::uint64_t inodes = there.f_files;
    if (inodes > 0 && there.f_favail < 1000)
        verdicts.fault("free-names",
                       message(tr("room for {} more files"), std::uint64_t{there.f_favail}),
                       tr("remove small files that nobody needs"));
}

void look_at_machine(const DoctorOptions& options, const util::Clock& clock,
                     const std::function<void(const Verdict&)>& each) {
    const Verdicts machine(each, "");
    look_at_clock(clock, machine);
    look_at_language(machine);
    look_at_locked_memory(machine);
    look_at_folder(options.folders.state, tr("memory of what was seen"),
                   Verdicts(each, options.folders.state));
    look_at_folder(options.folders.cache, tr("cache"), Verdicts(each, options.folders.cache));
}

void look_at_key_file(const std::string& path, const std::function<void(const Verdict&)>& each) {
    const Verdicts verdicts(each, path);
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) {
        verdicts.fault("key-file", util::system_error(errno, tr("the key file")).message(),
                       tr("name the right file with --key-file, or have an admin issue a new key: "
                          "saoluu key issue"));
        return;
    }
    if ((info.st_mode & 077) != 0)
        verdicts.fault("key-mode",
                       message(tr("the key file has the mode {:04o}: others can read it"),
                               info.st_mode & 07777U),
                       message("chmod 600 {}", printable(path)));
    else if (info.st_uid != ::geteuid() && info.st_uid != 0) // root's is for the service too
        verdicts.warning("key-owner",
                         message(tr("the key file belongs to user {}, not to the one who backs up"),
                                 info.st_uid),
                         message("chown {} {}", ::geteuid(), printable(path)));
    else
        verdicts.in_order("key-mode", tr("the key file is its owner's alone"));
    Result<util::Bytes> bytes = util::read_file(path, format::limits::kTextObject);
    const Result<format::KeyFile> key =
        bytes ? format::KeyFile::decode(*bytes) : Failure(bytes.error());
    if (bytes)
        crypto::wipe(*bytes);
    if (!key)
        verdicts.fault("key-file", key.error().message(),
                       tr("fetch the key from its paper or second copy, or have an admin issue a "
                          "new one: saoluu key issue"));
}

} // namespace saoluu::engine
