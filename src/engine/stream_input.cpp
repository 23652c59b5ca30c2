// SPDX-License-Identifier: Apache-2.0
#include "engine/stream_input.hpp"

#include "format/entry.hpp"
#include "util/child.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace saoluu::engine {

namespace {

using util::message;
using util::printable;
using util::tr;

constexpr std::size_t kMostName = 255; // as Linux file systems have it, so that it can come back
/// How often it is looked whether the run is to stop, while nothing comes.
constexpr std::chrono::milliseconds kLook(200);
/// How long a command that is asked to end is waited for before it is killed.
constexpr std::chrono::milliseconds kPatienceAtEnd(2000);

Failure interrupted() {
    return fail(ErrorKind::interrupted, tr("interrupted"));
}

std::string first_part(std::string_view path) {
    return std::string(path.substr(1, path.find('/', 1) - 1));
}

} // namespace

std::string path_of(const StreamSource& stream) {
    return "/" + stream.name;
}

Result<void> check_stream(const StreamSource& stream, const std::vector<std::string>& sources) {
    const std::string& name = stream.name;
    if (name.find('/') != std::string::npos || name.size() > kMostName ||
        !format::check_path(name) || name.empty())
        return fail(
            ErrorKind::usage,
            message(tr("\"{}\": a stream needs a plain file name, without /"), printable(name)));
    if (stream.command.empty() && stream.fd < 0)
        return fail(ErrorKind::usage, tr("there is no stream to read"));
    struct stat info {};
    for (const std::string& source : sources)
        if (source == "/" ? ::lstat(path_of(stream).c_str(), &info) == 0
                          : first_part(source) == name)
            return fail(ErrorKind::usage,
                        message(tr("/{}: a source has this name already: give the stream another"),
                                printable(name)));
    return {};
}

StreamInput::~StreamInput() {
    if (!process_ || process_->ended())
        return;
    process_->ask_to_end();
    process_->wait(kPatienceAtEnd);
}

Failure StreamInput::command_failed(std::string why) const {
    if (source_.on_failure)
        source_.on_failure();
    return fail(ErrorKind::failure, std::move(why));
}

Result<void> StreamInput::start() {
    Result<util::Process> started =
        util::Process::start(source_.command, {.environment = util::without_credentials()});
    if (!started)
        return command_failed(
            message(tr("{}: the command can't be started"), started.error().message()));
    process_ = std::move(*started);
    process_->in().reset(); // nothing comes from us
    return {};
}

/// Until there is something to read, while what the command says is taken from it.
Result<void> StreamInput::wait(int fd) {
    while (!is_stopping_()) {
        std::array<pollfd, 2> waits{
            {{fd, POLLIN, 0}, {process_ ? process_->err() : -1, POLLIN, 0}}};
        const int ready = ::poll(waits.data(), waits.size(), static_cast<int>(kLook.count()));
        if (ready < 0 && errno != EINTR)
            return Failure(util::system_error(errno, "poll"));
        if (process_)
            process_->listen();
        if (ready > 0 && waits[0].revents != 0)
            return {};
        // What it started may hold its output open for ever.
        if (const auto status = process_ ? process_->ended() : std::nullopt;
            status && !status->is_success())
            return finish();
    }
    return interrupted();
}

Result<std::size_t> StreamInput::read(std::span<std::byte> into) {
    if (!source_.command.empty() && !process_)
        TRY(start());
    const int fd = process_ ? process_->out().get() : source_.fd;
    std::size_t done = 0;
    while (done < into.size()) {
        TRY(wait(fd));
        const ssize_t got = ::read(fd, into.data() + done, into.size() - done);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return fail(ErrorKind::io,
                        message(tr("{}: could not be read to its end, so there is no snapshot: {}"),
                                process_ ? printable(source_.command.front())
                                         : std::string(tr("standard input")),
                                util::system_error(errno, "").message().substr(2)));
        if (got == 0)
            break;
        done += static_cast<std::size_t>(got);
    }
    if (done < into.size())
        TRY(finish());
    return done;
}

/// The command closed its output; whether that was all of it only its status tells.
Result<void> StreamInput::finish() {
    if (!process_)
        return {};
    std::optional<util::ExitStatus> status;
    while (!(status = process_->wait(kLook))) {
        process_->listen();
        if (is_stopping_())
            return interrupted();
    }
    process_->listen();
    if (status->is_success())
        return {};
    const std::string how = status->signal != 0
                                ? message(tr("signal {} ended it"), status->signal)
                                : message(tr("it ended with exit status {}"), status->code);
    const std::string words = said();
    return command_failed(
        message(tr("{}: {}, so what it wrote may not be whole and there is no snapshot{}"),
                printable(source_.command.front()), how,
                words.empty() ? "" : message(tr("; it said: {}"), words)));
}

std::string StreamInput::said() const {
    return process_ ? util::one_line(process_->said()) : "";
}

} // namespace saoluu::engine
