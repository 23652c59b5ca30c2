// SPDX-License-Identifier: Apache-2.0
#include "store/spool.hpp"

#include "util/assert.hpp"
#include "util/text.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace saoluu::store {
namespace {

using util::message;
using util::tr;

/// A file without a name, or where the file system knows none (O_TMPFILE) one that loses it at
/// once.
Result<util::Fd> open_unnamed(const std::string& folder) {
    Result<util::Fd> file = util::open_at(AT_FDCWD, folder, O_TMPFILE | O_RDWR, 0600, folder);
    if (file || (file.error().system_code() != EOPNOTSUPP && file.error().system_code() != EISDIR &&
                 file.error().system_code() != EINVAL))
        return file;
    std::string pattern = util::join(folder, "saoluu-spool-XXXXXX");
    util::Fd named(::mkostemp(pattern.data(), O_CLOEXEC));
    if (!named.is_open())
        return util::system_failure(pattern);
    ::unlink(pattern.c_str());
    return named;
}

class StagedInSpool final : public Staged {
public:
    StagedInSpool(Store& store, Spool spool) : store_(store), spool_(std::move(spool)) {}

    Result<void> append(util::BytesView bytes) override {
        if (!spool_)
            return fail(ErrorKind::failure, tr("an object that could not be written goes on"));
        Result<void> done = spool_->append(bytes);
        if (!done)
            spool_.reset(); // how much of it was written is not known
        return done;
    }

    Result<Put> commit(std::string_view name) override {
        TRY(check_name(name));
        if (!spool_)
            return fail(ErrorKind::failure, message(tr("{}: it could not be written whole"), name));
        spool_->close();
        const Result<Put> put = store_.put_from(name, *spool_);
        spool_.reset();
        return put;
    }

private:
    Store& store_;
    std::optional<Spool> spool_;
};

} // namespace

Result<Spool> Spool::create(const std::string& folder) {
    std::error_code failed;
    const std::string where =
        folder.empty() ? std::filesystem::temp_directory_path(failed).string() : folder;
    if (failed)
        return Failure(util::system_error(failed.value(), tr("the folder of temporary files")));
    Result<util::Fd> file = open_unnamed(where);
    if (!file && file.error().kind() == ErrorKind::not_found) {
        TRY(util::make_folders(where, 0700));
        file = open_unnamed(where);
    }
    if (!file)
        return Failure(std::move(file).error());
    return Spool(where, *std::move(file));
}

Result<void> Spool::append(util::BytesView bytes) {
    const Result<void> written = util::write_all(file_.get(), bytes, tr("what waits to be sent"));
    if (!written && written.error().kind() == ErrorKind::no_space)
        return fail(ErrorKind::no_space,
                    message(tr("{}: no room for what waits to be sent: make room there, or name "
                               "another folder for it"),
                            util::printable(folder_)),
                    written.error().system_code());
    TRY(Result<void>(written));
    hasher_.update(bytes);
    size_ += bytes.size();
    return {};
}

Result<void> Spool::read(std::uint64_t offset, std::span<std::byte> out) const {
    ASSERT(offset <= size_ && out.size() <= size_ - offset);
    const std::size_t got =
        TRY(util::read_some_at(file_.get(), offset, out, tr("what waits to be sent")));
    if (got != out.size())
        return fail(ErrorKind::io, message(tr("{}: what waits to be sent was cut short"),
                                           util::printable(folder_)));
    return {};
}

Result<std::unique_ptr<Staged>> stage_in_spool(Store& store, const std::string& folder) {
    return std::unique_ptr<Staged>(
        std::make_unique<StagedInSpool>(store, TRY(Spool::create(folder))));
}

} // namespace saoluu::store
