// SPDX-License-Identifier: Apache-2.0
#include "util/wire.hpp"

#include "util/assert.hpp"
#include "util/text.hpp"

namespace saoluu::util {

Writer& Writer::varint(std::uint64_t value) {
    std::byte buffer[10];
    std::size_t size = 0;
    while (value >= 0x80) {
        buffer[size++] = static_cast<std::byte>(value | 0x80);
        value >>= 7;
    }
    buffer[size++] = static_cast<std::byte>(value);
    return raw(BytesView(buffer, size));
}

Writer& Writer::svarint(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    return varint((bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
}

std::size_t varint_size(std::uint64_t value) {
    std::size_t size = 1;
    for (; value >= 0x80; value >>= 7)
        ++size;
    return size;
}

Failure Reader::bad(std::string_view what) const {
    return fail(ErrorKind::corrupt, message(tr("{} at offset {}"), what, offset_));
}

Result<std::uint64_t> Reader::varint(std::uint64_t most) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (at_end())
            return bad(tr("the data ends inside a number"));
        const auto b = static_cast<std::uint8_t>(in_[offset_++]);
        if (shift == 63 && b > 1)
            return bad(tr("a number is larger than 64 bits"));
        value |= static_cast<std::uint64_t>(b & 0x7f) << shift;
        if (b < 0x80) {
            if (b == 0 && shift > 0)
                return bad(tr("a number is not in its shortest form"));
            if (value > most)
                return bad(tr("a number is over its limit"));
            return value;
        }
    }
    return bad(tr("a number is larger than 64 bits"));
}

Result<std::int64_t> Reader::svarint() {
    const std::uint64_t bits = TRY(varint());
    return static_cast<std::int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
}

Result<BytesView> Reader::raw(std::size_t size) {
    if (size > left())
        return bad(tr("the data is shorter than it says"));
    const BytesView view = in_.subspan(offset_, size);
    offset_ += size;
    return view;
}

Result<BytesView> Reader::bytes(std::size_t most) {
    const std::uint64_t size = TRY(varint());
    if (size > most)
        return bad(tr("a length is over its limit"));
    return raw(static_cast<std::size_t>(size));
}

Result<std::string> Reader::text(std::size_t most) {
    const BytesView view = TRY(bytes(most));
    const std::string_view value = as_text(view);
    if (!is_text(value))
        return bad(tr("a text is not valid UTF-8"));
    return std::string(value);
}

Result<std::size_t> Reader::count(std::size_t least_item_size, std::uint64_t most) {
    ASSERT(least_item_size > 0);
    const std::uint64_t items = TRY(varint(most));
    if (items > left() / least_item_size)
        return bad(tr("a list is longer than its data"));
    return static_cast<std::size_t>(items);
}

BytesView Reader::rest() {
    const BytesView view = in_.subspan(offset_);
    offset_ = in_.size();
    return view;
}

Result<void> Reader::finish() const {
    if (!at_end())
        return bad(tr("there are bytes behind the end"));
    return {};
}

} // namespace saoluu::util
