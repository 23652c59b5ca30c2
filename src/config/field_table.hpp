// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/fields.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace saoluu::config {

/// A key of a table of the config file, and what takes its value.
template <class To>
struct Field {
    std::string_view key;
    Result<void> (*take)(const FileContext& file, const Value& value, To& to);
};

/// Reads a table by its fields. name: as messages have it, such as "[[job]]"
/// errors: usage (a key that is none of them); as the fields have them
template <class To, std::size_t N>
Result<void> take_fields(const FileContext& file, const Value& table, std::string_view name,
                         const std::array<Field<To>, N>& fields, To& to) {
    for (const Value& value : table.items) {
        const auto field = std::ranges::find(fields, value.key, &Field<To>::key);
        if (field == fields.end()) {
            std::vector<std::string_view> keys;
            for (const Field<To>& known : fields)
                keys.push_back(known.key);
            return unknown_key(file, value, name, keys);
        }
        TRY(field->take(file, value, to));
    }
    return {};
}

} // namespace saoluu::config
