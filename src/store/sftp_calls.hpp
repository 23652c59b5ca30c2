// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/sftp_channel.hpp"
#include "store/source.hpp"

#include "saoluu/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// What is done with files over one channel. `path` is the server's; errors name it.
/// errors of all: not_found, denied, io, no_space, unsupported, and those of the channel
namespace saoluu::store::sftp {

/// The error that a status stands for.
Error to_error(const Status& status, std::string_view path);

/// Done, or the error of the status.
Result<void> expect_ok(Channel& channel, const Answer& answer, std::string_view path);
Result<void> call_ok(Channel& channel, Request request, std::string_view path);
/// The handle or the data of an answer.
Result<std::string> expect_handle(Channel& channel, const Answer& answer, std::string_view path);
Result<Attributes> expect_attributes(Channel& channel, const Answer& answer, std::string_view path);

/// follow: as stat() does, else as lstat()
enum class Links { follow, keep };
Result<Attributes> attributes_of(Channel& channel, const std::string& path, Links links);

/// An open file of a server. close() must be called while the channel is good.
struct OpenFile {
    std::string handle;
    std::uint64_t size = 0;
};
/// A regular file, to be read. Anything else counts as not there.
Result<OpenFile> open_to_read(Channel& channel, const std::string& path);
/// Without waiting for its answer.
void close_later(Channel& channel, const std::string& handle);

/// Exactly out.size() bytes, many requests at once.
/// errors: corrupt if the file ends before
Result<void> read_range(Channel& channel, const OpenFile& file, std::uint64_t offset,
                        std::span<std::byte> out, std::string_view path);

/// A new file with these bytes, on the server's disk (as far as it can promise that) and closed.
/// Returns when it was changed last, by the server's clock. After an error the file may be there.
Result<std::uint32_t> write_file(Channel& channel, const std::string& path, const Source& source);

/// The folder and those above it that are missing, down from `root`, which is there.
/// folder: path below root, without a slash at either end
Result<void> make_folders(Channel& channel, const std::string& root, std::string_view folder);

/// What "failure" means, which is all that version 3 says of a full disk: looks at the free space.
/// error: returned where nothing more is found out
Error explain_failure(Channel& channel, const std::string& path, Error error);

} // namespace saoluu::store::sftp
