// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/toml_text.hpp"

#include "saoluu/result.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace saoluu::config {

/// The file that is read, for messages and for paths that count from its folder.
struct FileContext {
    std::string path;
    std::string folder; ///< absolute
};

/// Typed values of a table's fields. All errors are usage and name the file, the line, the key,
/// what was found and what would be right.
Result<std::string> text_of(const FileContext& file, const Value& value, const char* example);
/// The name of a store or a job.
Result<std::string> name_of(const FileContext& file, const Value& value, const char* example);
Result<bool> flag_of(const FileContext& file, const Value& value);
/// Bytes a second, of "2M" or a bare number; more than 0.
Result<std::uint64_t> rate_of(const FileContext& file, const Value& value);
/// Bytes, written as those.
Result<std::uint64_t> size_of(const FileContext& file, const Value& value);
/// Of "90s", "5m" or "2h": up to a day.
Result<std::chrono::seconds> duration_of(const FileContext& file, const Value& value);
/// A longer time, of "10m", "26h" or "35d", from `least` to `most`. example: one that is right
Result<std::chrono::seconds> span_of(const FileContext& file, const Value& value,
                                     std::chrono::seconds least, std::chrono::seconds most,
                                     const char* example);
/// Of "10%": above 0, up to 100.
Result<double> percent_of(const FileContext& file, const Value& value);
/// A path, made absolute: "~/x" in the person's own folder, others from the config file's.
Result<std::string> path_of(const FileContext& file, const Value& value, const char* example);
/// A list of texts, or of paths; not an empty one.
Result<std::vector<std::string>> texts_of(const FileContext& file, const Value& value,
                                          const char* example);
Result<std::vector<std::string>> paths_of(const FileContext& file, const Value& value,
                                          const char* example);
/// A program and its arguments, which no shell sees: a list of any texts, the first not empty. A
/// program with a / in it counts from the config file's folder, others are looked for in PATH.
Result<std::vector<std::string>> command_of(const FileContext& file, const Value& value,
                                            const char* example);

/// Whether there may be user:password@ in it.
bool may_have_password(std::string_view text);

/// For a value that is not what its key needs: shows it, unless it is a secret.
Failure wrong_value(const FileContext& file, const Value& value, const std::string& needed);

/// For a key that the table has no use for.
Failure unknown_key(const FileContext& file, const Value& value, std::string_view table,
                    std::span<const std::string_view> known);

} // namespace saoluu::config
