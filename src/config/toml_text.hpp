// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace saoluu::config {

/// A value of a config file, and where it stands. Its text may be a secret: wiped when it goes.
struct Value {
    enum class Kind { text, number, flag, list, table, other };
    Kind kind = Kind::other;
    std::string key;  ///< empty in a list
    std::string text; ///< of a text; of a number, a flag or another kind how it is written
    std::int64_t number = 0;
    bool flag = false;
    std::vector<Value> items; ///< of a list, as they stand; of a table by line
    int line = 0;

    Value() = default;
    Value(Value&&) noexcept = default;
    Value& operator=(Value&&) noexcept = default;
    Value(const Value&) = delete;
    Value& operator=(const Value&) = delete;
    ~Value();
};

/// The table that a whole TOML text is.
/// file: its name, for messages; text: valid UTF-8
/// errors: usage, which names file and line
Result<Value> parse_toml(const std::string& text, std::string_view file);

/// An error at a line of a file: "FILE:LINE: what".
Failure fail_at(std::string_view file, int line, const std::string& what);

} // namespace saoluu::config
