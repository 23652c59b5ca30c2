// SPDX-License-Identifier: Apache-2.0
#include "store/sftp_packets.hpp"

#include "util/assert.hpp"
#include "util/text.hpp"

#include <limits>

#include <sys/stat.h>

namespace saoluu::store::sftp {
namespace {

using util::Bytes;
using util::BytesView;

constexpr std::size_t kHeadBytes = 4 + 1 + 4;
constexpr std::size_t kMostStatusText = 256;

template <class T>
void store_be(std::byte* at, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        at[i] = static_cast<std::byte>(value >> (8 * (sizeof(T) - 1 - i)));
}

template <class T>
void append_be(Bytes& to, T value) {
    to.resize(to.size() + sizeof(T));
    store_be(to.data() + to.size() - sizeof(T), value);
}

Failure malformed() {
    return fail(ErrorKind::corrupt, util::tr("the server sent a malformed SFTP packet"));
}

/// Takes fields off a packet, each length checked against what is left.
class Fields {
public:
    explicit Fields(BytesView in) : left_(in) {}

    Result<std::uint8_t> u8() { return number<std::uint8_t>(); }
    Result<std::uint32_t> u32() { return number<std::uint32_t>(); }
    Result<std::uint64_t> u64() { return number<std::uint64_t>(); }
    Result<BytesView> string() {
        const std::uint32_t size = TRY(u32());
        return take(size);
    }
    [[nodiscard]] bool at_end() const { return left_.empty(); }
    [[nodiscard]] BytesView rest() const { return left_; }

private:
    Result<BytesView> take(std::size_t size) {
        if (size > left_.size())
            return malformed();
        const BytesView taken = left_.first(size);
        left_ = left_.subspan(size);
        return taken;
    }
    template <class T>
    Result<T> number() {
        T value = 0;
        for (const std::byte b : TRY(take(sizeof(T))))
            value = static_cast<T>((std::uint64_t{value} << 8) | std::to_integer<T>(b));
        return value;
    }
    BytesView left_;
};

Result<Attributes> take_attributes(Fields& in) {
    constexpr std::uint32_t kHasSize = 1;
    constexpr std::uint32_t kHasOwner = 2;
    constexpr std::uint32_t kHasMode = 4;
    constexpr std::uint32_t kHasTimes = 8;
    constexpr std::uint32_t kHasExtended = 0x80000000;
    Attributes found;
    const std::uint32_t has = TRY(in.u32());
    if ((has & kHasSize) != 0)
        found.size = TRY(in.u64());
    if ((has & kHasOwner) != 0)
        TRY(in.u64());
    if ((has & kHasMode) != 0)
        found.mode = TRY(in.u32());
    if ((has & kHasTimes) != 0) {
        TRY(in.u32());
        found.mtime = TRY(in.u32());
    }
    if ((has & kHasExtended) != 0) {
        const std::uint32_t pairs = TRY(in.u32()); // each takes 8 bytes at least, so this ends soon
        for (std::uint32_t i = 0; i < pairs; ++i) {
            TRY(in.string());
            TRY(in.string());
        }
    }
    return found;
}

} // namespace

Request::Request(Type type) {
    packet_.resize(kHeadBytes);
    packet_[4] = static_cast<std::byte>(type);
}

Request& Request::u32(std::uint32_t value) {
    append_be(packet_, value);
    return *this;
}

Request& Request::u64(std::uint64_t value) {
    append_be(packet_, value);
    return *this;
}

Request& Request::string(BytesView bytes) {
    u32(static_cast<std::uint32_t>(bytes.size()));
    util::append(packet_, bytes);
    return *this;
}

std::span<std::byte> Request::space(std::size_t size) {
    u32(static_cast<std::uint32_t>(size));
    packet_.resize(packet_.size() + size);
    return std::span(packet_).last(size);
}

Request& Request::mode(std::uint32_t mode) {
    return u32(4).u32(mode);
}

Bytes Request::finish(std::uint32_t id) && {
    ASSERT(packet_.size() - 4 <= kMostPacketBytes);
    store_be(packet_.data(), static_cast<std::uint32_t>(packet_.size() - 4));
    store_be(packet_.data() + 5, id);
    return std::move(packet_);
}

Bytes encode_init() {
    Bytes packet;
    append_be(packet, std::uint32_t{5});
    packet.push_back(static_cast<std::byte>(Type::init));
    append_be(packet, kVersion);
    return packet;
}

bool Attributes::is_file() const {
    return mode && S_ISREG(*mode);
}
bool Attributes::is_folder() const {
    return mode && S_ISDIR(*mode);
}

Result<Answer> decode_answer(BytesView packet) {
    Fields in(packet);
    Answer answer;
    const std::uint8_t type = TRY(in.u8());
    switch (static_cast<Type>(type)) {
    case Type::status:
    case Type::handle:
    case Type::data:
    case Type::name:
    case Type::attrs:
    case Type::extended_reply:
        break;
    default:
        return malformed();
    }
    answer.type = static_cast<Type>(type);
    answer.id = TRY(in.u32());
    answer.fields = in.rest();
    return answer;
}

Result<std::map<std::string, std::string, std::less<>>> decode_version(BytesView packet) {
    Fields in(packet);
    if (static_cast<Type>(TRY(in.u8())) != Type::version)
        return malformed();
    if (const std::uint32_t version = TRY(in.u32()); version != kVersion)
        return fail(ErrorKind::unsupported,
                    util::message(util::tr("the server speaks SFTP version {}, not 3"), version));
    std::map<std::string, std::string, std::less<>> extensions;
    while (!in.at_end()) {
        const BytesView name = TRY(in.string());
        const BytesView data = TRY(in.string());
        extensions.emplace(util::as_text(name), util::as_text(data));
    }
    return extensions;
}

Result<Status> decode_status(BytesView fields) {
    Fields in(fields);
    Status status;
    status.code = static_cast<Code>(TRY(in.u32()));
    if (!in.at_end()) { // old servers leave the words away
        const std::string_view text = util::as_text(TRY(in.string()));
        status.text = text.substr(0, kMostStatusText);
    }
    return status;
}

Result<BytesView> decode_string(BytesView fields) {
    return Fields(fields).string();
}

Result<Attributes> decode_attributes(BytesView fields) {
    Fields in(fields);
    return take_attributes(in);
}

Result<std::vector<Name>> decode_names(BytesView fields) {
    constexpr std::size_t kLeastNameBytes = 12; // two empty strings and attributes that say nothing
    Fields in(fields);
    const std::uint32_t count = TRY(in.u32());
    if (count > in.rest().size() / kLeastNameBytes)
        return malformed();
    std::vector<Name> names;
    names.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        Name name;
        name.name = util::as_text(TRY(in.string()));
        TRY(in.string()); // the line that `ls -l` would show
        name.attributes = TRY(take_attributes(in));
        names.push_back(std::move(name));
    }
    return names;
}

Result<Space> decode_space(BytesView fields) {
    // bsize frsize blocks bfree bavail files ffree favail fsid flag namemax
    constexpr std::uint64_t kReadOnly = 1;
    Fields in(fields);
    TRY(in.u64());
    const std::uint64_t unit = TRY(in.u64());
    TRY(in.u64());
    TRY(in.u64());
    const std::uint64_t available = TRY(in.u64());
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t files = TRY(in.u64());
    TRY(in.u64());
    Space space;
    const std::uint64_t files_available = TRY(in.u64());
    space.free_files = files == 0 ? kMost : files_available; // btrfs counts none
    TRY(in.u64());
    space.is_read_only = (TRY(in.u64()) & kReadOnly) != 0;
    space.free = unit != 0 && available > kMost / unit ? kMost : unit * available;
    return space;
}

} // namespace saoluu::store::sftp
