// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/process.hpp"

#include "saoluu/backup.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>

namespace saoluu::engine {

/// Where a stream stands among the sources and in the catalog's root: "/NAME".
std::string path_of(const StreamSource& stream);

/// errors: usage (a name that no file in a folder can have, or that one of the sources has; no
///         command and no descriptor)
/// sources: absolute, sorted, none inside another
Result<void> check_stream(const StreamSource& stream, const std::vector<std::string>& sources);

/// Reads a stream: a descriptor, or what a command writes, which is started at the first read and
/// ended with its group when this goes. Used by one thread.
class StreamInput {
public:
    /// is_stopping: looked at while nothing comes
    StreamInput(const StreamSource& source, std::function<bool()> is_stopping)
        : source_(source), is_stopping_(std::move(is_stopping)) {}
    ~StreamInput();
    StreamInput(const StreamInput&) = delete;
    StreamInput& operator=(const StreamInput&) = delete;

    /// Fills the buffer with what comes next; less only at the end, which is only an end if the
    /// command ended well.
    /// errors: io (it can't be read); failure (the command can't be started or ended otherwise,
    ///         with its status and what it wrote to standard error); interrupted
    Result<std::size_t> read(std::span<std::byte> into);
    /// What a command that ended well wrote to standard error, at most 4 KiB; for people.
    [[nodiscard]] std::string said() const;

private:
    [[nodiscard]] Failure command_failed(std::string why) const;
    Result<void> start();
    Result<void> wait(int fd);
    Result<void> finish();

    const StreamSource& source_;
    const std::function<bool()> is_stopping_;
    std::optional<util::Process> process_;
};

} // namespace saoluu::engine
