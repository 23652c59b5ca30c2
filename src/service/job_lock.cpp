// SPDX-License-Identifier: Apache-2.0
#include "service/job_lock.hpp"

#include "util/text.hpp"

#include <cerrno>

#include <unistd.h>

namespace saoluu::service {
namespace {
using util::message;
using util::printable;
using util::tr;

std::string path_of(const std::string& state_folder, const std::string& job) {
    return util::join(util::join(state_folder, "jobs"), job + ".lock");
}

/// Of the whole file, and of the open file rather than of the process.
struct flock whole_file() {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return lock;
}

} // namespace

Result<JobLock> JobLock::take_file(const std::string& path) {
    util::Fd fd = TRY(util::open_path(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600));
    struct flock lock = whole_file();
    if (::fcntl(fd.get(), F_OFD_SETLK, &lock) == 0)
        return JobLock(std::move(fd));
    if (errno == EAGAIN || errno == EACCES)
        return fail(ErrorKind::exists,
                    message(tr("{}: another process holds this lock"), printable(path)));
    return util::system_failure(path);
}

Result<JobLock> JobLock::take(const std::string& state_folder, const std::string& job) {
    TRY(util::make_folders(util::join(state_folder, "jobs"), 0700));
    Result<JobLock> lock = take_file(path_of(state_folder, job));
    if (!lock && lock.error().kind() == ErrorKind::exists)
        return fail(
            ErrorKind::exists,
            message(tr("job {}: it is running already, in another process"), printable(job)));
    return lock;
}

bool JobLock::is_held(const std::string& state_folder, const std::string& job) {
    const auto fd = util::open_path(path_of(state_folder, job), O_RDONLY | O_NOFOLLOW);
    struct flock lock = whole_file(); // asking takes it from nobody
    return fd && ::fcntl(fd->get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

} // namespace saoluu::service
