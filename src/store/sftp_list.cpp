// SPDX-License-Identifier: Apache-2.0
#include "store/sftp_list.hpp"

#include "store/listed_part.hpp"
#include "store/sftp_calls.hpp"
#include "store/sftp_naming.hpp"
#include "util/file.hpp"
#include "util/text.hpp"

#include <map>
#include <optional>
#include <set>
#include <utility>

namespace saoluu::store::sftp {
namespace {

using util::message;
using util::printable;
using util::tr;

constexpr std::size_t kFoldersAtOnce = 32;
/// Requests for more names of one folder at once: OpenSSH gives a hundred a time.
constexpr unsigned kReadsAtOnce = 8;

bool is_self_or_parent(std::string_view name) {
    return name == "." || name == "..";
}

/// A folder that is being read.
struct Reading {
    std::string path = {};   ///< "" or ending with a slash
    std::string handle = {}; ///< empty until it is open
    unsigned on_their_way = 0;
    bool is_at_end = false;
};

class Walk {
public:
    Walk(Channel& channel, const std::string& root, const ListedPart& part)
        : channel_(channel), root_(root), part_(part) {}

    Result<void> run(const std::string& start, const std::function<bool(const ObjectInfo&)>& each) {
        found_.emplace(start, std::nullopt);
        unread_.insert(start);
        while (!found_.empty()) {
            const auto front = found_.begin();
            if (front->second) {
                if (!each({front->first, *front->second}))
                    break;
                found_.erase(front);
                continue;
            }
            start_reading();
            TRY(take_answer());
        }
        return finish();
    }
    /// Whether the folder that it began with is there.
    [[nodiscard]] bool has_start() const { return has_start_; }

private:
    [[nodiscard]] std::string server_path(const std::string& path) const {
        if (path.empty())
            return root_;
        return util::join(root_, std::string_view(path).substr(0, path.size() - 1));
    }

    void start_reading() {
        while (!unread_.empty() && open_ < kFoldersAtOnce) {
            std::string path = std::move(unread_.extract(unread_.begin()).value());
            Request open(Type::opendir);
            open.string(server_path(path));
            ++open_;
            readings_.emplace(channel_.send(std::move(open)),
                              std::make_shared<Reading>(Reading{.path = std::move(path)}));
        }
    }

    Result<void> take_answer() {
        const Answer answer = TRY(channel_.next());
        const auto found = readings_.find(answer.id);
        if (found == readings_.end())
            return channel_.nonsense(Error(ErrorKind::corrupt, {}));
        const std::shared_ptr<Reading> reading = std::move(found->second);
        readings_.erase(found);
        if (reading->handle.empty())
            return take_opened(reading, answer);
        --reading->on_their_way;
        TRY(take_names(*reading, answer));
        if (!reading->is_at_end) {
            ask(reading);
            ask(reading);
        } else if (reading->on_their_way == 0) {
            close_later(channel_, reading->handle);
            done(*reading);
        }
        return {};
    }

    Result<void> take_opened(const std::shared_ptr<Reading>& reading, const Answer& answer) {
        Result<std::string> handle = expect_handle(channel_, answer, server_path(reading->path));
        if (handle && handle->empty())
            return channel_.nonsense(Error(ErrorKind::corrupt, tr("an empty handle")));
        if (handle) {
            reading->handle = *std::move(handle);
            ask(reading);
            return {};
        }
        if (handle.error().kind() != ErrorKind::not_found)
            return Failure(std::move(handle).error());
        has_start_ = has_start_ && found_.size() != 1; // else it was removed meanwhile
        done(*reading);
        return {};
    }

    void ask(const std::shared_ptr<Reading>& reading) {
        if (reading->on_their_way >= kReadsAtOnce)
            return;
        Request read(Type::readdir);
        read.string(reading->handle);
        readings_.emplace(channel_.send(std::move(read)), reading);
        ++reading->on_their_way;
    }

    void done(const Reading& reading) {
        --open_;
        found_.erase(reading.path);
    }

    Result<void> take_names(Reading& reading, const Answer& answer) {
        const std::string path = server_path(reading.path);
        if (answer.type != Type::name) {
            const Result<Status> status = decode_status(answer.fields);
            if (answer.type != Type::status || !status)
                return channel_.nonsense(
                    Error(ErrorKind::corrupt, tr("the server sent a malformed listing")));
            reading.is_at_end = true;
            if (status->code != Code::eof)
                return Failure(to_error(*status, path));
            return {};
        }
        const Result<std::vector<Name>> names = decode_names(answer.fields);
        if (!names)
            return channel_.nonsense(names.error());
        // Some servers end a listing so.
        if (names->empty())
            reading.is_at_end = true;
        for (const Name& name : *names)
            TRY(take_name(reading, name));
        return {};
    }

    Result<void> take_name(const Reading& reading, const Name& name) {
        if (is_self_or_parent(name.name))
            return {};
        if (name.name.empty() || name.name.find('/') != std::string::npos ||
            name.name.find('\0') != std::string::npos)
            return channel_.nonsense(
                Error(ErrorKind::corrupt, tr("the server sent a name that can't be one")));
        const Attributes& attributes = name.attributes;
        if (!attributes.mode || (attributes.is_file() && !attributes.size))
            return fail(ErrorKind::unsupported,
                        message(tr("{}: the server does not tell files from folders, or how large "
                                   "they are"),
                                printable(server_path(reading.path))));
        std::string path = reading.path + name.name;
        if (attributes.is_file() && part_.has_file(path))
            found_.emplace(std::move(path), *attributes.size);
        else if (attributes.is_folder() && part_.has_some_of(path += '/')) {
            found_.emplace(path, std::nullopt);
            unread_.insert(std::move(path));
        }
        return {};
    }

    /// What is still on its way when the caller has had enough.
    Result<void> finish() {
        std::set<std::string> handles;
        for (const auto& [id, reading] : readings_)
            if (!reading->handle.empty())
                handles.insert(reading->handle);
        while (channel_.waiting() != 0) {
            const Answer answer = TRY(channel_.next());
            if (answer.type == Type::handle)
                handles.insert(TRY(expect_handle(channel_, answer, root_)));
        }
        for (const std::string& handle : handles)
            close_later(channel_, handle);
        return {};
    }

    Channel& channel_;
    const std::string& root_;
    const ListedPart& part_;
    /// Files with their size, and folders (with a slash behind) that are not read to their end: all
    /// by their whole names, which sorts them as they are shown. A folder stands before all that
    /// lies in it, so nothing of it is shown before all of it is known.
    std::map<std::string, std::optional<std::uint64_t>> found_;
    std::set<std::string> unread_;
    /// By the id of the request; several may belong to one, so it is shared.
    std::map<std::uint32_t, std::shared_ptr<Reading>> readings_;
    std::size_t open_ = 0;
    bool has_start_ = true;
};

} // namespace

Result<void> list(Channel& channel, const std::string& root, std::string_view prefix,
                  std::string_view after, const std::function<bool(const ObjectInfo&)>& each) {
    const ListedPart part(prefix, after);
    const std::optional<std::string> start = part.start();
    if (!start)
        return {};
    Walk walk(channel, root, part);
    TRY(walk.run(*start, each));
    if (walk.has_start())
        return {};
    const Result<Attributes> there = attributes_of(channel, root, Links::follow);
    if (!there && there.error().kind() == ErrorKind::not_found)
        return fail(ErrorKind::no_repository,
                    message(tr("{}: the folder was removed"), printable(root)));
    if (!there)
        return Failure(there.error());
    return {};
}

void remove_old_rubbish(Channel& channel, const std::string& root, std::int64_t now) {
    constexpr std::int64_t kDay = 24 * 60 * 60;
    const std::string folder = util::join(root, "tmp");
    Request open(Type::opendir);
    open.string(folder);
    const Result<Answer> opened = channel.call(std::move(open));
    if (!opened)
        return;
    const Result<std::string> handle = expect_handle(channel, *opened, folder);
    if (!handle)
        return;
    for (;;) {
        Request read(Type::readdir);
        read.string(*handle);
        const Result<Answer> answer = channel.call(std::move(read));
        if (!answer)
            return;
        if (answer->type != Type::name)
            break;
        const Result<std::vector<Name>> names = decode_names(answer->fields);
        if (!names || names->empty())
            break;
        for (const Name& name : *names)
            if (name.attributes.is_file() && name.attributes.mtime &&
                name.name.find('/') == std::string::npos && *name.attributes.mtime < now - kDay)
                remove_later(channel, util::join(folder, name.name));
    }
    close_later(channel, *handle);
}

} // namespace saoluu::store::sftp
