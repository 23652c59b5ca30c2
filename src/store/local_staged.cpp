// SPDX-License-Identifier: Apache-2.0
#include "store/local_staged.hpp"

#include "crypto/secret.hpp"
#include "util/text.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace saoluu::store {
namespace {

/// Small pieces are gathered to this, so that a pack is written by a hundred calls, not thousands.
constexpr std::size_t kStagedTogether = 256 * 1024;
/// After each so many bytes the disk is told to begin, so that it writes while the next bytes are
/// made, and the sync at the end finds little to do.
constexpr std::uint64_t kWriteOutStep = std::uint64_t{4} << 20;
constexpr std::int64_t kDay = 24 * 60 * 60;

} // namespace

Result<std::unique_ptr<LocalStaged>> LocalStaged::create(const FolderTree& tree) {
    std::array<std::byte, 16> random{};
    crypto::random_bytes(random);
    const std::string name = util::join(kTmpFolder, util::to_hex(random));
    util::Fd file = TRY(tree.create_file(name));
    return std::unique_ptr<LocalStaged>(new LocalStaged(tree, name, std::move(file)));
}

LocalStaged::~LocalStaged() {
    if (!temporary_.empty())
        (void)tree_.remove(temporary_);
}

Result<std::int64_t> LocalStaged::made_at() const {
    struct stat info {};
    if (::fstat(file_.get(), &info) != 0)
        return util::system_failure(tree_.path_of(temporary_));
    return info.st_mtim.tv_sec;
}

Result<void> LocalStaged::append(util::BytesView bytes) {
    if (!file_.is_open())
        return fail(ErrorKind::failure, util::tr("an object that could not be written goes on"));
    if (buffer_.size() + bytes.size() < kStagedTogether) {
        if (buffer_.capacity() == 0 && written_ != 0)
            buffer_.reserve(kStagedTogether);
        util::append(buffer_, bytes);
        return {};
    }
    TRY(write(buffer_));
    buffer_.clear();
    if (bytes.size() < kStagedTogether) {
        util::append(buffer_, bytes);
        return {};
    }
    return write(bytes);
}

Result<void> LocalStaged::write(util::BytesView bytes) {
    if (Result<void> done = util::write_all(file_.get(), bytes, tree_.path_of(temporary_)); !done) {
        // How much came through is not known: what follows would stand in the wrong place.
        file_.reset();
        return done;
    }
    written_ += bytes.size();
    if (written_ - on_its_way_ >= kWriteOutStep) {
        // Only a hint: a file system that can't do it does it at the end.
        (void)::sync_file_range(file_.get(), static_cast<off64_t>(on_its_way_),
                                static_cast<off64_t>(written_ - on_its_way_),
                                SYNC_FILE_RANGE_WRITE);
        on_its_way_ = written_;
    }
    return {};
}

Result<Put> LocalStaged::commit(std::string_view name) {
    TRY(check_name(name));
    if (!file_.is_open())
        return fail(ErrorKind::failure,
                    util::message(util::tr("{}: it could not be written whole"), name));
    TRY(write(buffer_));
    buffer_ = {};
    if (::fdatasync(file_.get()) != 0)
        return util::system_failure(tree_.path_of(name));
    TRY(file_.close(tree_.path_of(name)));
    const Put put = TRY(tree_.publish(temporary_, name));
    temporary_.clear();
    return put;
}

void remove_old_rubbish(const FolderTree& tree, std::int64_t now) {
    (void)tree.each_file(kTmpFolder, [&](const std::string& name, std::int64_t changed) {
        if (changed < now - kDay)
            (void)tree.remove(util::join(kTmpFolder, name));
    });
}

} // namespace saoluu::store
