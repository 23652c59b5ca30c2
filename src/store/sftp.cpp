// SPDX-License-Identifier: Apache-2.0
#include "store/sftp.hpp"

#include "crypto/secret.hpp"
#include "store/sftp_calls.hpp"
#include "store/sftp_list.hpp"
#include "store/sftp_naming.hpp"
#include "store/sftp_ssh.hpp"
#include "store/spool.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <utility>

namespace saoluu::store {
namespace {

using sftp::Channel;
using sftp::Naming;
using util::message;
using util::printable;
using util::tr;

class SftpStore final : public Store {
public:
    SftpStore(SftpPlace place, const Reach& reach)
        : root_(std::move(place.root)), label_(std::move(place.label)),
          spool_folder_(reach.spool_folder), pool_(std::move(place.connect), reach.stop) {}

    /// Whether the folder is there, or is made.
    Result<void> open(MissingFolder missing) {
        const auto channel = TRY(pool_.take());
        const auto there = sftp::attributes_of(*channel, root_, sftp::Links::follow);
        if (there && there->is_folder())
            return {};
        if (there)
            return fail(ErrorKind::no_repository,
                        message(tr("{}: not a folder"), printable(label_)));
        if (there.error().kind() != ErrorKind::not_found)
            return Failure(Error(there.error()).within(printable(label_)));
        if (missing == MissingFolder::create)
            return sftp::make_folders(*channel, root_.front() == '/' ? "/" : ".",
                                      std::string_view(root_).substr(root_.front() == '/' ? 1 : 0))
                .within(printable(label_));
        return fail(ErrorKind::no_repository,
                    message(tr("{}: the account has no such folder: check the path, or make a "
                               "repository there with init"),
                            printable(label_)));
    }

    Result<Put> put(std::string_view name, util::BytesView bytes) override {
        return put_from(name, MemorySource(bytes));
    }

    Result<std::unique_ptr<Staged>> stage() override {
        return stage_in_spool(*this, spool_folder_);
    }

    Result<Put> put_from(std::string_view name, const Source& source) override {
        TRY(check_name(name));
        const auto channel = TRY(pool_.take());
        const Naming naming = TRY(naming_of_server(*channel));
        std::array<std::byte, 16> random{};
        crypto::random_bytes(random);
        const std::string temporary = "tmp/" + util::to_hex(random);
        const std::string path = util::join(root_, temporary);
        const auto trouble = [&](Error error) {
            if (channel->is_good())
                sftp::remove_later(*channel, path);
            return Failure(std::move(error));
        };
        Result<std::uint32_t> written = sftp::write_file(*channel, path, source);
        if (!written && written.error().kind() == ErrorKind::not_found && channel->is_good()) {
            TRY(sftp::make_folders(*channel, root_, "tmp"));
            written = sftp::write_file(*channel, path, source);
        }
        if (!written)
            return trouble(sftp::explain_failure(*channel, path, std::move(written).error()));
        if (!is_tidy_.exchange(true)) // once a process, by the clock that dates the files
            sftp::remove_old_rubbish(*channel, root_, *written);
        Result<Put> put = sftp::give_name(*channel, root_, naming, temporary, name);
        if (!put)
            return trouble(std::move(put).error());
        return put;
    }

    Result<util::Bytes> get(std::string_view name, std::uint64_t most) override {
        TRY(check_name(name));
        const std::string path = util::join(root_, name);
        const auto channel = TRY(pool_.take());
        const sftp::OpenFile file = TRY(sftp::open_to_read(*channel, path));
        Result<util::Bytes> bytes = util::Bytes();
        if (file.size > most) {
            bytes = fail(ErrorKind::corrupt, message(tr("{}: larger than the {} bytes allowed"),
                                                     printable(path), most));
        } else {
            bytes->resize(static_cast<std::size_t>(file.size));
            if (Result<void> done = sftp::read_range(*channel, file, 0, *bytes, path); !done)
                bytes = Failure(std::move(done).error());
        }
        if (channel->is_good())
            sftp::close_later(*channel, file.handle);
        return bytes;
    }

    Result<void> read(std::string_view name, std::uint64_t offset,
                      std::span<std::byte> out) override {
        TRY(check_name(name));
        const std::string path = util::join(root_, name);
        const auto channel = TRY(pool_.take());
        const sftp::OpenFile file = TRY(sftp::open_to_read(*channel, path));
        Result<void> done = sftp::read_range(*channel, file, offset, out, path);
        if (channel->is_good())
            sftp::close_later(*channel, file.handle);
        return done;
    }

    Result<void> list(std::string_view prefix, std::string_view after,
                      const std::function<bool(const ObjectInfo&)>& each) override {
        const auto channel = TRY(pool_.take_one_more());
        return sftp::list(*channel, root_, prefix, after, each);
    }

    Result<ObjectInfo> stat(std::string_view name) override {
        TRY(check_name(name));
        const std::string path = util::join(root_, name);
        const auto channel = TRY(pool_.take());
        const sftp::Attributes found = TRY(sftp::attributes_of(*channel, path, sftp::Links::keep));
        if (!found.is_file())
            return Failure(util::system_error(ENOENT, printable(path)));
        return ObjectInfo{.name = std::string(name), .size = *found.size};
    }

    Result<void> remove(std::string_view name) override {
        TRY(check_name(name));
        const std::string path = util::join(root_, name);
        const auto channel = TRY(pool_.take());
        sftp::Request request(sftp::Type::remove);
        request.string(path);
        Result<void> done = sftp::call_ok(*channel, std::move(request), path);
        if (!done && done.error().kind() == ErrorKind::not_found)
            return {};
        return done;
    }

    [[nodiscard]] Nature nature() const override {
        return {.is_remote = true,
                .requests_at_once = sftp::Pool::kMost,
                .creates_exclusively = !looks_first_};
    }

    void use(const Ways& ways) override {
        if (!ways.exclusive_create)
            looks_first_ = true;
    }

    Result<Facts> find_out() override {
        const auto channel = TRY(pool_.take());
        const Naming naming = TRY(naming_of_server(*channel));
        return Facts{{"rename", naming == Naming::rename ? "refuses" : "overwrites"},
                     {"fsync", channel->has(sftp::kFsync) ? "yes" : "no"},
                     {"space", channel->has(sftp::kStatvfs) ? "yes" : "no"}};
    }

    [[nodiscard]] std::string describe() const override { return printable(label_); }

private:
    /// Tried anew by each process, once: the server may be another than it was.
    Result<Naming> naming_of_server(Channel& channel) {
        const std::lock_guard lock(naming_mutex_); // whoever comes meanwhile needs the answer too
        if (!naming_)
            naming_ = TRY(sftp::find_naming(channel, root_));
        if (*naming_ == Naming::look)
            looks_first_ = true;
        return *naming_;
    }

    std::string root_;
    std::string label_;
    std::string spool_folder_;
    sftp::Pool pool_;
    std::mutex naming_mutex_;
    std::optional<Naming> naming_;
    std::atomic<bool> looks_first_ = false;
    std::atomic<bool> is_tidy_ = false;
};

/// The server's path of what stands in the URL: "/~/x" is x below the account's home.
std::string path_on_server(const std::string& path) {
    if (path == "/~")
        return ".";
    if (path.starts_with("/~/"))
        return path.substr(3);
    return path;
}

} // namespace

Result<std::unique_ptr<Store>> open_sftp_store(SftpPlace place, const Reach& reach,
                                               MissingFolder missing) {
    auto store = std::make_unique<SftpStore>(std::move(place), reach);
    TRY(store->open(missing));
    return std::unique_ptr<Store>(std::move(store));
}

Result<std::unique_ptr<Store>> open_sftp_store(const SftpLocation& location, const Reach& reach,
                                               MissingFolder missing) {
    const auto ssh = std::make_shared<sftp::Ssh>(TRY(sftp::Ssh::make(location, reach)));
    return open_sftp_store(SftpPlace{.connect = [ssh] { return ssh->connect(); },
                                     .root = path_on_server(location.path),
                                     .label = to_text(location)},
                           reach, missing);
}

} // namespace saoluu::store
