// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace saoluu::util {

using Bytes = std::vector<std::byte>;
using BytesView = std::span<const std::byte>;

inline BytesView as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(BytesView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; // char may alias anything
}
inline Bytes copy_of(BytesView bytes) {
    return {bytes.begin(), bytes.end()};
}
inline bool equal(BytesView a, BytesView b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}
inline void append(Bytes& to, BytesView what) {
    to.insert(to.end(), what.begin(), what.end());
}

/// Fixed-size little-endian integers. `at` must have sizeof(T) bytes.
template <class T>
T load_le(const std::byte* at) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        value = static_cast<T>(value | (static_cast<T>(at[i]) << (8 * i)));
    return value;
}
template <class T>
void store_le(std::byte* at, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        at[i] = static_cast<std::byte>(value >> (8 * i));
}

/// Lower-case hex. from_hex takes lower case only, as the format has one form per value.
std::string to_hex(BytesView bytes);
std::optional<Bytes> from_hex(std::string_view hex);

/// N bytes with a meaning. Ids of different tags do not convert into one another.
template <class Tag, std::size_t N>
struct Id {
    static constexpr std::size_t size = N;
    std::array<std::byte, N> bytes{};

    [[nodiscard]] BytesView view() const { return bytes; }
    [[nodiscard]] std::string hex() const { return to_hex(bytes); }
    [[nodiscard]] bool is_zero() const { return *this == Id{}; }

    /// `from` must have N bytes.
    static Id from(BytesView from) {
        Id id;
        std::memcpy(id.bytes.data(), from.data(), N);
        return id;
    }
    static std::optional<Id> from_hex_text(std::string_view hex) {
        const auto bytes = from_hex(hex);
        if (!bytes || bytes->size() != N)
            return std::nullopt;
        return from(*bytes);
    }
    friend bool operator==(const Id& a, const Id& b) {
        return std::memcmp(a.bytes.data(), b.bytes.data(), N) == 0;
    }
    friend std::strong_ordering operator<=>(const Id& a, const Id& b) {
        return std::memcmp(a.bytes.data(), b.bytes.data(), N) <=> 0;
    }
};

} // namespace saoluu::util

/// Ids are hashes or random: any eight of their bytes are a hash value already.
template <class Tag, std::size_t N>
struct std::hash<saoluu::util::Id<Tag, N>> {
    std::size_t operator()(const saoluu::util::Id<Tag, N>& id) const noexcept {
        return saoluu::util::load_le<std::uint64_t>(id.bytes.data());
    }
};
