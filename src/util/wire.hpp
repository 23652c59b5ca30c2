// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/bytes.hpp"

#include "saoluu/result.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace saoluu::util {

/// Appends values in the one form that the format allows (FORMAT.md, section 1).
class Writer {
public:
    Writer() = default;
    /// Goes on behind what `reuse` holds already.
    explicit Writer(Bytes reuse) : out_(std::move(reuse)) {}

    Writer& u8(std::uint8_t value) { return fixed(value); }
    Writer& u16(std::uint16_t value) { return fixed(value); }
    Writer& u32(std::uint32_t value) { return fixed(value); }
    Writer& u64(std::uint64_t value) { return fixed(value); }
    Writer& varint(std::uint64_t value);
    Writer& svarint(std::int64_t value);
    /// Bytes as they are, no length before them.
    Writer& raw(BytesView value) {
        append(out_, value);
        return *this;
    }
    /// Varint length, then the bytes.
    Writer& bytes(BytesView value) { return varint(value.size()).raw(value); }
    Writer& text(std::string_view value) { return bytes(as_bytes(value)); }

    [[nodiscard]] std::size_t size() const { return out_.size(); }
    [[nodiscard]] BytesView view() const { return out_; }
    [[nodiscard]] Bytes take() { return std::move(out_); }

private:
    template <class T>
    Writer& fixed(T value) {
        std::byte buffer[sizeof(T)];
        store_le(buffer, value);
        return raw(buffer);
    }
    Bytes out_;
};

/// Bytes that varint() takes for `value`.
std::size_t varint_size(std::uint64_t value);

/// Takes values off bytes that may be hostile: every length is checked before it is used.
/// Views that it hands out live as long as the bytes do.
/// errors: corrupt, with what was read and at which offset
class Reader {
public:
    explicit Reader(BytesView in) : in_(in) {}

    Result<std::uint8_t> u8() { return fixed<std::uint8_t>(); }
    Result<std::uint16_t> u16() { return fixed<std::uint16_t>(); }
    Result<std::uint32_t> u32() { return fixed<std::uint32_t>(); }
    Result<std::uint64_t> u64() { return fixed<std::uint64_t>(); }
    Result<std::uint64_t> varint(std::uint64_t most = std::numeric_limits<std::uint64_t>::max());
    Result<std::int64_t> svarint();
    Result<BytesView> raw(std::size_t size);
    /// Varint length of at most `most`, then the bytes.
    Result<BytesView> bytes(std::size_t most);
    /// The same, valid UTF-8 without NUL.
    Result<std::string> text(std::size_t most);
    /// A varint count of items that take at least `least_item_size` bytes each, so that it can be
    /// trusted for an allocation.
    Result<std::size_t> count(std::size_t least_item_size, std::uint64_t most);
    template <class IdType>
    Result<IdType> id() {
        const BytesView view = TRY(raw(IdType::size));
        return IdType::from(view);
    }

    [[nodiscard]] std::size_t offset() const { return offset_; }
    [[nodiscard]] std::size_t left() const { return in_.size() - offset_; }
    [[nodiscard]] bool at_end() const { return left() == 0; }
    /// All that is left.
    BytesView rest();
    /// errors: corrupt if bytes are left
    Result<void> finish() const;

    /// A "corrupt" failure that names the offset.
    [[nodiscard]] Failure bad(std::string_view what) const;

private:
    template <class T>
    Result<T> fixed() {
        const BytesView view = TRY(raw(sizeof(T)));
        return load_le<T>(view.data());
    }
    BytesView in_;
    std::size_t offset_ = 0;
};

} // namespace saoluu::util
