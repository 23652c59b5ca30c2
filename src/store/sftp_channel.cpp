// SPDX-License-Identifier: Apache-2.0
#include "store/sftp_channel.hpp"

#include "util/assert.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace saoluu::store::sftp {
namespace {

using util::BytesView;
using util::message;
using util::tr;

/// How often somebody's wish to stop is looked at.
constexpr std::chrono::milliseconds kTick{200};
/// How long is waited for the last words of a program that has closed its output.
constexpr std::chrono::milliseconds kLastWords{2000};
/// How long the last requests, whose answers nobody asks for, are waited for.
constexpr std::chrono::milliseconds kLastRequests{1000};
/// With less than this unsent there is room for more: what is sent in one turn of the loop.
constexpr std::size_t kRoomBytes = 256 * 1024;
constexpr std::size_t kReadBytes = 256 * 1024;

std::uint32_t size_at(BytesView bytes) {
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < 4; ++i)
        size = size << 8 | std::to_integer<std::uint32_t>(bytes[i]);
    return size;
}

} // namespace

Result<std::unique_ptr<Channel>> Channel::begin(Line line) {
    std::unique_ptr<Channel> channel(new Channel(std::move(line)));
    TRY(channel->greet());
    return channel;
}

Channel::~Channel() {
    // Only what was forgotten waits in a good one: handles to close, rubbish to remove.
    if (!is_good() || waiting_.empty())
        return;
    line_.silence = kLastRequests;
    const auto end = std::chrono::steady_clock::now() + kLastRequests;
    while (!waiting_.empty() && std::chrono::steady_clock::now() < end) {
        const auto packet = take_packet();
        const auto answer = packet && *packet ? decode_answer(**packet) : Result<Answer>(Answer());
        if (!packet || !answer)
            return;
        if (*packet)
            waiting_.erase(answer->id);
        else if (!move_bytes())
            return;
    }
}

void Channel::flush() {
    if (!lost_ && unsent() != 0)
        (void)write_some();
}

Result<void> Channel::greet() {
    out_ = encode_init();
    for (;;) {
        const Result<std::optional<BytesView>> packet = take_packet();
        if (packet && !*packet) {
            TRY(move_bytes());
            continue;
        }
        auto extensions = packet ? decode_version(**packet)
                                 : Result<decltype(extensions_)>(Failure(packet.error()));
        if (extensions) {
            extensions_ = *std::move(extensions);
            has_begun_ = true;
            return {};
        }
        if (extensions.error().kind() == ErrorKind::unsupported)
            return lose(std::move(extensions).error().within(line_.what));
        const BytesView first = BytesView(in_).first(std::min<std::size_t>(in_end_, 60));
        return lose(Error(
            ErrorKind::unsupported,
            message(tr("{}: the server answered with something that is not SFTP (\"{}\"): does a "
                       "start file of that account, such as .bashrc, print something?"),
                    line_.what, util::printable(util::as_text(first)))));
    }
}

std::uint32_t Channel::send(Request request) {
    const std::uint32_t id = ++last_id_;
    if (out_begin_ > out_.size() / 2) { // what was sent makes room before more is kept
        out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(out_begin_));
        out_begin_ = 0;
    }
    util::append(out_, std::move(request).finish(id));
    waiting_.insert(id);
    return id;
}

Result<Answer> Channel::next() {
    return *TRY(next(false));
}

Result<std::optional<Answer>> Channel::next_or_room() {
    return next(true);
}

Result<Answer> Channel::call(Request request) {
    if (lost_)
        return Failure(*lost_);
    ASSERT(waiting() == 0);
    send(std::move(request));
    return next();
}

Result<std::optional<Answer>> Channel::next(bool or_room) {
    for (;;) {
        if (lost_)
            return Failure(*lost_);
        const auto packet = take_packet();
        if (!packet)
            return nonsense(packet.error());
        if (*packet) {
            const Result<Answer> answer = decode_answer(**packet);
            if (!answer)
                return nonsense(answer.error());
            if (waiting_.erase(answer->id) == 0)
                return nonsense(
                    Error(ErrorKind::corrupt, tr("the server answered what was not asked")));
            if (forgotten_.erase(answer->id) == 0)
                return *answer;
            continue;
        }
        if (or_room && unsent() < kRoomBytes)
            return std::optional<Answer>();
        ASSERT(waiting() != 0);
        TRY(move_bytes());
    }
}

Result<std::optional<BytesView>> Channel::take_packet() {
    const BytesView left = BytesView(in_).subspan(in_begin_, in_end_ - in_begin_);
    if (left.size() < 4)
        return std::optional<BytesView>();
    const std::uint32_t size = size_at(left);
    if (size == 0 || size > kMostPacketBytes)
        return fail(ErrorKind::corrupt,
                    message(tr("the server sent an SFTP packet of {} bytes"), size));
    if (left.size() - 4 < size)
        return std::optional<BytesView>();
    in_begin_ += 4 + std::size_t{size};
    return left.subspan(4, size);
}

Result<void> Channel::move_bytes() {
    if (lost_)
        return Failure(*lost_);
    const auto end = std::chrono::steady_clock::now() + line_.silence;
    for (;;) {
        if (line_.stop.stop_requested())
            return lose(Error(ErrorKind::interrupted,
                              message(tr("{}: waiting for it was ended"), line_.what)));
        const int err = line_.process ? line_.process->err() : -1;
        pollfd waits[] = {{line_.from.get(), POLLIN, 0},
                          {unsent() != 0 ? line_.to.get() : -1, POLLOUT, 0},
                          {err, POLLIN, 0}};
        const int ready = ::poll(waits, std::size(waits), static_cast<int>(kTick.count()));
        if (ready < 0 && errno != EINTR)
            return lose(util::system_error(errno, line_.what));
        if (ready > 0) {
            if (waits[2].revents != 0)
                line_.process->listen(); // so that it never waits for us
            // Reading first: of a server that has gone away its last answers count.
            if (waits[0].revents != 0)
                return read_some();
            if (waits[1].revents != 0)
                return write_some();
        }
        if (std::chrono::steady_clock::now() >= end)
            return lose(
                Error(ErrorKind::io,
                      message(tr("{}: the server has been silent for {} seconds"), line_.what,
                              std::chrono::ceil<std::chrono::seconds>(line_.silence).count()))
                    .with_retry());
    }
}

Result<void> Channel::write_some() {
    const ssize_t sent = ::send(line_.to.get(), out_.data() + out_begin_, unsent(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR && errno != EAGAIN)
        return lose();
    if (sent > 0)
        out_begin_ += static_cast<std::size_t>(sent);
    return {};
}

Result<void> Channel::read_some() {
    std::copy(in_.begin() + static_cast<std::ptrdiff_t>(in_begin_),
              in_.begin() + static_cast<std::ptrdiff_t>(in_end_), in_.begin());
    in_end_ -= std::exchange(in_begin_, 0);
    in_.resize(kMostPacketBytes + 4 + kReadBytes); // once; what lies there is less than a packet
    const ssize_t got = ::read(line_.from.get(), in_.data() + in_end_, in_.size() - in_end_);
    if (got > 0)
        in_end_ += static_cast<std::size_t>(got);
    const int code = errno;
    if (got == 0 || (got < 0 && code != EINTR && code != EAGAIN))
        return lose();
    return {};
}

Failure Channel::lose() {
    if (line_.process)
        line_.process->listen_until_end(kLastWords);
    const std::string_view said = line_.process ? line_.process->said() : std::string_view();
    return lose(line_.explain
                    ? line_.explain(said, has_begun_)
                    : Error(ErrorKind::io, message(tr("{}: the connection was lost"), line_.what))
                          .with_retry());
}

Failure Channel::lose(Error error) {
    if (!lost_)
        lost_ = std::move(error);
    line_.process.reset();
    return Failure(*lost_);
}

Failure Channel::nonsense(const Error& error) {
    // Over ssh no line can have changed it; another connection may get a server that is well.
    return lose(Error(ErrorKind::io, message("{}: {}", line_.what, error.message())).with_retry());
}

} // namespace saoluu::store::sftp
