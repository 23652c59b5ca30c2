// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/secret.hpp"
#include "util/assert.hpp"
#include "util/wire.hpp"

#include <cstring>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace saoluu::format {

/// Writes values that hold secrets into secret memory of a size known before, because a buffer
/// that grows leaves copies of what it held. For the .cpp files of this room.
class SecretWriter {
public:
    explicit SecretWriter(std::size_t size) : memory_(size) {}

    SecretWriter& raw(util::BytesView value) {
        ASSERT(value.size() <= memory_.size() - used_);
        if (!value.empty())
            std::memcpy(memory_.writable().data() + used_, value.data(), value.size());
        used_ += value.size();
        return *this;
    }
    SecretWriter& raw_text(std::string_view value) { return raw(util::as_bytes(value)); }
    /// A number that is no secret itself.
    SecretWriter& varint(std::uint64_t value) { return raw(util::Writer().varint(value).view()); }
    SecretWriter& u8(std::uint8_t value) { return raw(util::Writer().u8(value).view()); }
    SecretWriter& bytes(util::BytesView value) { return varint(value.size()).raw(value); }
    SecretWriter& hex(util::BytesView value) {
        constexpr std::string_view digits = "0123456789abcdef";
        for (const std::byte b : value) {
            const auto number = static_cast<unsigned>(b);
            const char pair[] = {digits[number >> 4], digits[number & 15]};
            raw_text({pair, sizeof pair});
        }
        return *this;
    }

    [[nodiscard]] util::BytesView view() const { return memory_.view().first(used_); }
    /// The memory, which must be full.
    [[nodiscard]] crypto::SecretBytes take() {
        ASSERT(used_ == memory_.size());
        return std::move(memory_);
    }

private:
    crypto::SecretBytes memory_;
    std::size_t used_ = 0;
};

/// T(label, a, b, …) of FORMAT.md where a field is a secret.
inline crypto::SecretBytes secret_tuple(std::string_view label,
                                        std::initializer_list<util::BytesView> fields) {
    std::size_t size = util::varint_size(label.size()) + label.size();
    for (const util::BytesView field : fields)
        size += util::varint_size(field.size()) + field.size();
    SecretWriter out(size);
    out.bytes(util::as_bytes(label));
    for (const util::BytesView field : fields)
        out.bytes(field);
    return out.take();
}

} // namespace saoluu::format
