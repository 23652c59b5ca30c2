// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/bytes.hpp"

#include "saoluu/result.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The packets of SFTP version 3 (draft-ietf-secsh-filexfer-02), which every server speaks, and
/// three of OpenSSH's extensions (its PROTOCOL file). All numbers are big-endian; a packet is
///   u32 size of what follows · u8 type · u32 id · fields of the type
/// and a string is a u32 size and its bytes.
namespace saoluu::store::sftp {

enum class Type : std::uint8_t {
    init = 1,
    version = 2,
    open = 3,
    close = 4,
    read = 5,
    write = 6,
    lstat = 7,
    fstat = 8,
    opendir = 11,
    readdir = 12,
    remove = 13,
    mkdir = 14,
    stat = 17,
    rename = 18,
    status = 101,
    handle = 102,
    data = 103,
    name = 104,
    attrs = 105,
    extended = 200,
    extended_reply = 201,
};

constexpr std::uint32_t kVersion = 3;
/// What every server takes of data in one packet.
constexpr std::uint32_t kPieceBytes = 32 * 1024;
/// The largest packet that is believed; OpenSSH's own limit.
constexpr std::uint32_t kMostPacketBytes = 256 * 1024;
constexpr std::string_view kFsync = "fsync@openssh.com";
constexpr std::string_view kHardlink = "hardlink@openssh.com";
constexpr std::string_view kStatvfs = "statvfs@openssh.com";

/// How to open a file.
constexpr std::uint32_t kOpenRead = 0x01;
constexpr std::uint32_t kCreateNew = 0x02 | 0x08 | 0x20; // write, create, exclusively

/// A request on its way to be sent: its fields, in their order.
class Request {
public:
    explicit Request(Type type);
    Request& u32(std::uint32_t value);
    Request& u64(std::uint64_t value);
    Request& string(util::BytesView bytes);
    Request& string(std::string_view text) { return string(util::as_bytes(text)); }
    /// A string of so many bytes, to be filled in.
    std::span<std::byte> space(std::size_t size);
    /// Attributes that say nothing but a file's or folder's mode.
    Request& mode(std::uint32_t mode);
    /// The whole packet.
    util::Bytes finish(std::uint32_t id) &&;

private:
    util::Bytes packet_;
};

/// The first packet, which has no id.
util::Bytes encode_init();

/// An answer; `fields` lie where the packet does.
struct Answer {
    Type type = Type::status;
    std::uint32_t id = 0;
    util::BytesView fields;
};

/// The status codes that are acted on.
enum class Code : std::uint32_t {
    ok = 0,
    eof = 1,
    no_such_file = 2,
    permission_denied = 3,
    failure = 4,
    bad_message = 5,
    no_connection = 6,
    connection_lost = 7,
    unsupported = 8,
};

struct Status {
    Code code = Code::failure;
    std::string text; ///< the server's words: at most 256 bytes, not to be trusted
};

struct Attributes {
    std::optional<std::uint64_t> size;
    std::optional<std::uint32_t> mode;  ///< with the kind of file, as st_mode has it
    std::optional<std::uint32_t> mtime; ///< seconds since 1970
    [[nodiscard]] bool is_file() const;
    [[nodiscard]] bool is_folder() const;
};

struct Name {
    std::string name;
    Attributes attributes;
};

struct Space {
    std::uint64_t free = 0; ///< bytes that this account may still write
    std::uint64_t free_files = 0;
    bool is_read_only = false;
};

/// All of these take what a server sent, which may be anything.
/// errors: corrupt

/// packet: without the size before it
Result<Answer> decode_answer(util::BytesView packet);
/// The extensions that a server has, by name. packet: a version packet without its size
/// errors: unsupported of another version
Result<std::map<std::string, std::string, std::less<>>> decode_version(util::BytesView packet);
Result<Status> decode_status(util::BytesView fields);
/// A handle or data.
Result<util::BytesView> decode_string(util::BytesView fields);
Result<Attributes> decode_attributes(util::BytesView fields);
Result<std::vector<Name>> decode_names(util::BytesView fields);
Result<Space> decode_space(util::BytesView fields);

} // namespace saoluu::store::sftp
