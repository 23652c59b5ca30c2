// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "util/bytes.hpp"

#include <span>

namespace saoluu::crypto {

/// Bytes as the C libraries take them. For the .cpp files of this room only.
inline const unsigned char* units(util::BytesView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline unsigned char* out_units(std::span<std::byte> bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

} // namespace saoluu::crypto
