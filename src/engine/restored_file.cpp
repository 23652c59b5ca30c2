// SPDX-License-Identifier: Apache-2.0
#include "engine/restored_file.hpp"

#include "util/text.hpp"

#include <cerrno>
#include <cstdio>
#include <utility>

#include <unistd.h>

namespace saoluu::engine {

using util::Fd;
using util::message;
using util::printable;
using util::tr;

namespace {

Failure too_large(std::string_view path) {
    return fail(
        ErrorKind::failure,
        message(tr("{}: the file system there can't hold a file so large"), printable(path)));
}

bool is_folder(int folder, const std::string& name) {
    struct stat info {};
    return ::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(info.st_mode);
}

int rename_onto_nothing(int folder, const std::string& temporary, const std::string& name) {
    const int moved =
        ::renameat2(folder, temporary.c_str(), folder, name.c_str(), RENAME_NOREPLACE);
    if (moved == 0 || (errno != EINVAL && errno != ENOSYS))
        return moved;
    // A file system that can't: a link refuses an existing name as well.
    if (::linkat(folder, temporary.c_str(), folder, name.c_str(), 0) != 0)
        return -1;
    ::unlinkat(folder, temporary.c_str(), 0);
    return 0;
}

} // namespace

Result<void> give_name(int folder, const std::string& temporary, const std::string& name,
                       RestoredFile::Existing existing, std::string_view path) {
    const int moved = existing == RestoredFile::Existing::replace
                          ? ::renameat(folder, temporary.c_str(), folder, name.c_str())
                          : rename_onto_nothing(folder, temporary, name);
    if (moved == 0)
        return {};
    if (errno == EISDIR || (errno == EEXIST && is_folder(folder, name)))
        return fail(
            ErrorKind::exists,
            message(tr("{}: a folder is there already; it was left as it is"), printable(path)));
    if (errno == EEXIST)
        return fail(
            ErrorKind::exists,
            message(tr("{}: exists already and differs; it was left as it is"), printable(path)));
    return util::system_failure(path);
}

Result<void> write_at(int fd, std::uint64_t offset, util::BytesView bytes, std::string_view path) {
    while (!bytes.empty()) {
        const ssize_t put = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EFBIG) // of this file, where no_space would end the run
            return too_large(path);
        if (put < 0)
            return util::system_failure(path);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
        offset += static_cast<std::uint64_t>(put);
    }
    return {};
}

Result<Fd> RestoredFile::create(int folder) {
    constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
    std::string temporary = target_.temporary_name();
    Fd fd = TRY(util::open_at(folder, temporary, kFlags, 0600, printable(path_)));
    temporary_ = std::move(temporary);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0)
        return util::system_failure(path_);
    identity_ = FileIdentity::of(info);
    return fd;
}

Result<Fd> RestoredFile::reopen(int folder) const {
    Fd fd = TRY(
        util::open_at(folder, temporary_, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0, printable(path_)));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0)
        return util::system_failure(path_);
    if (FileIdentity::of(info) != identity_)
        return fail(ErrorKind::denied,
                    message(tr("{}: someone exchanged it while it was written"), printable(path_)));
    return fd;
}

Result<Fd> RestoredFile::open(int folder) {
    return is_begun() ? reopen(folder) : create(folder);
}

Result<RestoredFile::Published> RestoredFile::publish(int folder, Fd fd, const format::Entry& entry,
                                                      Existing existing) {
    // A hole at the end has no write that would make the file long enough.
    if (::ftruncate(fd.get(), static_cast<off_t>(entry.size)) != 0) {
        if (errno != EFBIG && errno != EINVAL)
            return util::system_failure(path_);
        return too_large(path_);
    }
    const MetadataOutcome metadata = set_metadata(fd.get(), Held::open, entry);
    TRY(fd.close(printable(path_)));
    TRY(give_name(folder, temporary_, name(), existing, path_));
    temporary_.clear();
    return Published{.metadata = metadata, .identity = identity_};
}

void RestoredFile::discard() {
    if (temporary_.empty())
        return;
    const Result<RestoreTarget::Place> place = target_.place(path_);
    if (place)
        ::unlinkat(place->folder.get(), temporary_.c_str(), 0);
    temporary_.clear();
}

Result<OpenTemporaries::File> OpenTemporaries::get(RestoredFile& file, int folder) {
    const std::lock_guard lock(mutex_);
    if (const auto known = places_.find(&file); known != places_.end()) {
        files_.splice(files_.begin(), files_, known->second);
        return known->second->fd;
    }
    // Under the lock, so that two who need a new file at once make one.
    auto fd = std::make_shared<Fd>(TRY(file.open(folder)));
    files_.push_front({&file, fd});
    places_.emplace(&file, files_.begin());
    if (files_.size() > kMost) {
        places_.erase(files_.back().file);
        files_.pop_back();
    }
    return fd;
}

OpenTemporaries::File OpenTemporaries::take(const RestoredFile& file) {
    const std::lock_guard lock(mutex_);
    const auto known = places_.find(&file);
    if (known == places_.end())
        return nullptr;
    File fd = std::move(known->second->fd);
    files_.erase(known->second);
    places_.erase(known);
    return fd;
}

} // namespace saoluu::engine
