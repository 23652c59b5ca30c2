// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/sftp_packets.hpp"
#include "util/process.hpp"

#include "saoluu/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>

namespace saoluu::store::sftp {

/// What a channel runs over: `ssh`, or a test's own server.
struct Line {
    util::Fd to;   ///< a socket; never blocks
    util::Fd from; ///< never blocks
    std::optional<util::Process> process = {};
    /// For messages.
    std::string what = {};
    /// Why the line was lost, from what the process said on its standard error. has_begun: the
    /// server had said that it speaks SFTP
    std::function<Error(std::string_view said, bool has_begun)> explain = {};
    /// So long without a byte in either direction, and the line counts as dead.
    std::chrono::milliseconds silence{60'000};
    std::stop_token stop = {};
};

/// One connection to an SFTP server, with any number of requests on their way. Used by one thread
/// at a time. After any error of its own it is of no more use.
/// memory: what was given to send(), and twice the largest packet (256 KiB)
/// errors of all: io (may_retry) of a line that was lost or says nonsense, interrupted
class Channel {
public:
    /// What is still on its way leaves, if that takes no longer than a second.
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// Says hello.
    /// errors: also whatever `explain` makes of it; unsupported, where no SFTP server answers
    static Result<std::unique_ptr<Channel>> begin(Line line);

    /// Queues a request; it leaves while answers are waited for.
    std::uint32_t send(Request request);
    /// The same for one whose answer nobody asks for.
    void send_and_forget(Request request) { forgotten_.insert(send(std::move(request))); }

    /// The answer to any request that waits for one; it lies there until the next call.
    Result<Answer> next();
    /// The same, or nothing as soon as more can be sent.
    Result<std::optional<Answer>> next_or_room();
    /// The answer to this request, where no other waits.
    Result<Answer> call(Request request);

    /// Sends what can leave without waiting.
    void flush();

    /// Requests whose answer is still to be taken.
    [[nodiscard]] std::size_t waiting() const { return waiting_.size() - forgotten_.size(); }
    /// Whether others may use it.
    [[nodiscard]] bool is_good() const { return !lost_ && waiting() == 0; }
    [[nodiscard]] bool has(std::string_view extension) const {
        return extensions_.find(extension) != extensions_.end();
    }
    /// Gives it up: the server said what makes no sense. Returns the error to pass on.
    Failure nonsense(const Error& error);

private:
    explicit Channel(Line line) : line_(std::move(line)) {}

    Result<void> greet();
    Result<std::optional<Answer>> next(bool or_room);
    /// A whole packet, if there is one.
    /// errors: corrupt of an impossible size
    Result<std::optional<util::BytesView>> take_packet();
    /// Waits until bytes can move, and moves them.
    Result<void> move_bytes();
    Result<void> write_some();
    Result<void> read_some();
    Failure lose();
    Failure lose(Error error);
    [[nodiscard]] std::size_t unsent() const { return out_.size() - out_begin_; }

    Line line_;
    util::Bytes out_;
    std::size_t out_begin_ = 0;
    util::Bytes in_;
    std::size_t in_begin_ = 0;
    std::size_t in_end_ = 0;
    std::uint32_t last_id_ = 0;
    std::set<std::uint32_t> waiting_;
    std::set<std::uint32_t> forgotten_; ///< a part of those
    std::map<std::string, std::string, std::less<>> extensions_;
    bool has_begun_ = false;
    std::optional<Error> lost_;
};

} // namespace saoluu::store::sftp
