// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/exit_codes.hpp"

#include "saoluu/result.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace saoluu::cli {

using Json = nlohmann::ordered_json;

/// Where a command writes: results to standard output, everything else to standard error. With
/// --json results are objects, one a line, each with its "type".
class Output {
public:
    enum class Form { text, json };
    explicit Output(Form form) : form_(form) {}

    [[nodiscard]] bool is_json() const { return form_ == Form::json; }

    /// False once nobody reads the results any more (| head) or they can't be written: then a long
    /// run may end early.
    [[nodiscard]] bool takes_more() const { return error_code_ == 0; }

    /// A result as text, which brings its own line ends.
    void text(std::string_view lines);
    /// A result as an object.
    void object(const Json& object);
    /// Something that a person should know, on standard error; not with --json.
    void note(std::string_view line);
    /// An error, with its next step; with --json as an object too.
    void error(const Error& error);
    /// errors: io if results could not be written, as to a full disk
    Result<void> finish();

private:
    void write(std::string_view bytes);

    Form form_;
    int error_code_ = 0;
};

/// Puts bytes of a file name under `key`; where they are not valid UTF-8 escaped, and exact under
/// "<key>_b64".
void put_path(Json& object, std::string_view bytes, const std::string& key = "path");

/// Paths or patterns as a list, as they may be printed.
Json printable_list(const std::vector<std::string>& texts);

} // namespace saoluu::cli
