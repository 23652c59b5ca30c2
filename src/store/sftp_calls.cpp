// SPDX-License-Identifier: Apache-2.0
#include "store/sftp_calls.hpp"

#include "util/file.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

namespace saoluu::store::sftp {
namespace {

using util::BytesView;
using util::message;
using util::printable;
using util::tr;

/// Bytes on their way at once on one channel: at 20 ms there and back that is 200 MB/s.
constexpr std::uint64_t kWindowBytes = std::uint64_t{4} << 20;
/// With less than this free a disk counts as full.
constexpr std::uint64_t kFullBytes = std::uint64_t{1} << 20;

Failure unexpected(Channel& channel) {
    return channel.nonsense(
        Error(ErrorKind::corrupt, tr("the server sent an answer of another kind than was asked")));
}

Result<Status> status_of(Channel& channel, const Answer& answer) {
    if (answer.type != Type::status)
        return unexpected(channel);
    Result<Status> status = decode_status(answer.fields);
    if (!status)
        return channel.nonsense(status.error());
    return status;
}

/// The error of an answer that should have been another kind of packet.
Failure refusal(Channel& channel, const Answer& answer, std::string_view path) {
    const Status status = TRY(status_of(channel, answer));
    if (status.code == Code::ok)
        return unexpected(channel);
    return Failure(to_error(status, path));
}

struct Piece {
    std::uint64_t offset = 0; ///< in the file
    std::size_t size = 0;
};

Request read_request(const OpenFile& file, const Piece& piece) {
    Request request(Type::read);
    request.string(file.handle).u64(piece.offset).u32(static_cast<std::uint32_t>(piece.size));
    return request;
}

/// Takes the answers that still wait, so that the channel can be used on. The first error counts.
class FirstError {
public:
    void take(Result<void> done) {
        if (!done && !error_)
            error_ = std::move(done).error();
    }
    explicit operator bool() const { return error_.has_value(); }
    [[nodiscard]] Failure failure() { return Failure(*std::move(error_)); }

private:
    std::optional<Error> error_;
};

} // namespace

Error to_error(const Status& status, std::string_view path) {
    const std::string what = printable(path);
    switch (status.code) {
    case Code::no_such_file:
        return util::system_error(ENOENT, what);
    case Code::permission_denied:
        return util::system_error(EACCES, what);
    case Code::no_connection:
    case Code::connection_lost:
        return Error(ErrorKind::io, message(tr("{}: the connection was lost"), what)).with_retry();
    case Code::unsupported:
        return {ErrorKind::unsupported,
                message(tr("{}: the server can't do what is needed here ({})"), what,
                        printable(status.text))};
    default:
        return {ErrorKind::io,
                message(tr("{}: the server says \"{}\" (code {})"), what, printable(status.text),
                        static_cast<std::uint32_t>(status.code))};
    }
}

Result<void> expect_ok(Channel& channel, const Answer& answer, std::string_view path) {
    const Status status = TRY(status_of(channel, answer));
    if (status.code != Code::ok)
        return Failure(to_error(status, path));
    return {};
}

Result<void> call_ok(Channel& channel, Request request, std::string_view path) {
    return expect_ok(channel, TRY(channel.call(std::move(request))), path);
}

Result<std::string> expect_handle(Channel& channel, const Answer& answer, std::string_view path) {
    if (answer.type != Type::handle)
        return refusal(channel, answer, path);
    const Result<BytesView> handle = decode_string(answer.fields);
    if (!handle)
        return channel.nonsense(handle.error());
    return std::string(util::as_text(*handle));
}

Result<Attributes> expect_attributes(Channel& channel, const Answer& answer,
                                     std::string_view path) {
    if (answer.type != Type::attrs)
        return refusal(channel, answer, path);
    Result<Attributes> attributes = decode_attributes(answer.fields);
    if (!attributes)
        return channel.nonsense(attributes.error());
    if (!attributes->mode || !attributes->size)
        return fail(ErrorKind::unsupported,
                    message(tr("{}: the server does not tell files from folders, or how large they "
                               "are"),
                            printable(path)));
    return attributes;
}

Result<Attributes> attributes_of(Channel& channel, const std::string& path, Links links) {
    Request request(links == Links::follow ? Type::stat : Type::lstat);
    request.string(path);
    return expect_attributes(channel, TRY(channel.call(std::move(request))), path);
}

void close_later(Channel& channel, const std::string& handle) {
    Request request(Type::close);
    request.string(handle);
    channel.send_and_forget(std::move(request));
}

Result<OpenFile> open_to_read(Channel& channel, const std::string& path) {
    // Both at once. Opening follows a symbolic link, which no object is; and it may wait for ever
    // on a pipe, which is the server's own affair.
    Request look(Type::lstat);
    look.string(path);
    const std::uint32_t look_id = channel.send(std::move(look));
    Request open(Type::open);
    open.string(path).u32(kOpenRead).u32(0);
    channel.send(std::move(open));
    Result<Attributes> attributes = fail(ErrorKind::failure, {});
    Result<std::string> handle = fail(ErrorKind::failure, {});
    for (int i = 0; i < 2; ++i) {
        const Answer answer = TRY(channel.next());
        if (answer.id == look_id)
            attributes = expect_attributes(channel, answer, path);
        else
            handle = expect_handle(channel, answer, path);
    }
    if (attributes && handle && attributes->is_file())
        return OpenFile{*std::move(handle), *attributes->size};
    if (handle)
        close_later(channel, *handle);
    if (!attributes)
        return Failure(std::move(attributes).error());
    if (!attributes->is_file())
        return Failure(util::system_error(ENOENT, printable(path)));
    return Failure(std::move(handle).error());
}

Result<void> read_range(Channel& channel, const OpenFile& file, std::uint64_t offset,
                        std::span<std::byte> out, std::string_view path) {
    const auto too_short = [&] {
        return fail(ErrorKind::corrupt,
                    message(tr("{}: shorter than it should be"), printable(path)));
    };
    if (offset > file.size || out.size() > file.size - offset)
        return too_short();
    std::map<std::uint32_t, Piece> pieces;
    std::size_t asked = 0;
    std::uint64_t on_their_way = 0;
    FirstError first;
    const auto ask = [&](const Piece& piece) {
        pieces.emplace(channel.send(read_request(file, piece)), piece);
        on_their_way += piece.size;
    };
    const auto take = [&](const Piece& piece, const Answer& answer) -> Result<void> {
        if (answer.type != Type::data) {
            const Status status = TRY(status_of(channel, answer));
            return status.code == Code::eof ? too_short() : Failure(to_error(status, path));
        }
        const Result<BytesView> data = decode_string(answer.fields);
        if (!data)
            return channel.nonsense(data.error());
        if (data->empty() || data->size() > piece.size)
            return unexpected(channel);
        std::ranges::copy(*data, out.begin() + static_cast<std::ptrdiff_t>(piece.offset - offset));
        if (data->size() < piece.size) // a server may give less than was asked
            ask({piece.offset + data->size(), piece.size - data->size()});
        return {};
    };
    while (!pieces.empty() || (asked < out.size() && !first)) {
        while (asked < out.size() && on_their_way < kWindowBytes && !first) {
            const std::size_t size = std::min<std::size_t>(kPieceBytes, out.size() - asked);
            ask({offset + asked, size});
            asked += size;
        }
        const Answer answer = TRY(channel.next());
        const auto found = pieces.find(answer.id);
        if (found == pieces.end())
            return unexpected(channel);
        const Piece piece = found->second;
        pieces.erase(found);
        on_their_way -= piece.size;
        first.take(take(piece, answer));
    }
    if (first)
        return first.failure();
    return {};
}

namespace {

Result<void> write_pieces(Channel& channel, const std::string& handle, const Source& source,
                          std::string_view path) {
    std::map<std::uint32_t, std::size_t> pieces;
    std::uint64_t sent = 0;
    std::uint64_t on_their_way = 0;
    FirstError first;
    while (!pieces.empty() || (sent < source.size() && !first)) {
        const bool may_send = sent < source.size() && on_their_way < kWindowBytes && !first;
        std::optional<Answer> answer;
        if (may_send)
            answer = TRY(channel.next_or_room());
        else
            answer = TRY(channel.next());
        if (answer) {
            const auto found = pieces.find(answer->id);
            if (found == pieces.end())
                return unexpected(channel);
            on_their_way -= found->second;
            pieces.erase(found);
            first.take(expect_ok(channel, *answer, path));
            continue;
        }
        const auto size =
            static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, source.size() - sent));
        Request request(Type::write);
        request.string(handle).u64(sent);
        if (Result<void> got = source.read(sent, request.space(size)); !got) {
            first.take(std::move(got));
            continue;
        }
        pieces.emplace(channel.send(std::move(request)), size);
        sent += size;
        on_their_way += size;
    }
    if (first)
        return first.failure();
    return {};
}

} // namespace

Result<std::uint32_t> write_file(Channel& channel, const std::string& path, const Source& source) {
    Request open(Type::open);
    open.string(path).u32(kCreateNew).mode(0600);
    const std::string handle =
        TRY(expect_handle(channel, TRY(channel.call(std::move(open))), path));
    if (Result<void> written = write_pieces(channel, handle, source, path); !written) {
        if (channel.is_good())
            close_later(channel, handle);
        return Failure(std::move(written).error());
    }
    // One after the other on one handle, which a server works off in order; sent at once.
    if (channel.has(kFsync)) {
        Request sync(Type::extended);
        sync.string(kFsync).string(handle);
        channel.send(std::move(sync));
    }
    Request look(Type::fstat);
    look.string(handle);
    const std::uint32_t look_id = channel.send(std::move(look));
    Request close(Type::close);
    close.string(handle);
    channel.send(std::move(close));
    FirstError first;
    Attributes attributes;
    while (channel.waiting() != 0) {
        const Answer answer = TRY(channel.next());
        if (answer.id != look_id) {
            first.take(expect_ok(channel, answer, path));
        } else if (auto found = expect_attributes(channel, answer, path)) {
            attributes = *found;
        } else {
            first.take(Failure(std::move(found).error()));
        }
    }
    if (first)
        return first.failure();
    if (*attributes.size != source.size())
        return Failure(
            Error(ErrorKind::io, message(tr("{}: the server wrote {} bytes of {}"), printable(path),
                                         *attributes.size, source.size()))
                .with_retry());
    return attributes.mtime.value_or(0);
}

Result<void> make_folders(Channel& channel, const std::string& root, std::string_view folder) {
    for (std::size_t end = 0; end != std::string_view::npos && !folder.empty();) {
        end = folder.find('/', end + 1);
        const std::string path = util::join(root, folder.substr(0, end));
        Request make(Type::mkdir);
        make.string(path).mode(0700);
        Result<void> made = call_ok(channel, std::move(make), path);
        if (made || !channel.is_good())
            continue;
        // Version 3 has no word for "is there already".
        const Result<Attributes> there = attributes_of(channel, path, Links::follow);
        if (!there || !there->is_folder())
            return Failure(explain_failure(channel, path, std::move(made).error()));
    }
    return {};
}

Error explain_failure(Channel& channel, const std::string& path, Error error) {
    if (error.kind() != ErrorKind::io || !channel.is_good() || !channel.has(kStatvfs))
        return error;
    Request ask(Type::extended);
    ask.string(kStatvfs).string(util::parent_of(path));
    const Result<Answer> answer = channel.call(std::move(ask));
    if (!answer || answer->type != Type::extended_reply)
        return error;
    const Result<Space> space = decode_space(answer->fields);
    if (!space)
        return error;
    if (space->is_read_only)
        return {ErrorKind::denied,
                message(tr("{}: the server's disk is read-only"), printable(path))};
    if (space->free < kFullBytes || space->free_files == 0)
        return {ErrorKind::no_space, message(tr("{}: the server's disk is full"), printable(path))};
    return {error.kind(),
            message(tr("{} - often a used-up quota of the account"), error.message())};
}

} // namespace saoluu::store::sftp
