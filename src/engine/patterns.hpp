// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "saoluu/result.hpp"

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

namespace saoluu::engine {

/// Which paths a list of patterns takes, by the rules of .gitignore (man gitignore): names are
/// bytes, the last pattern that matches decides, `!` gives back.
/// time: a path of n bytes against a pattern of m bytes takes O(n·m), whatever they hold
/// source: git 2.39, wildmatch.c; as documented where it differs (`a**/b`, mended in git 2.53)
class Patterns {
public:
    enum class Verdict {
        none,      ///< no pattern matches
        taken,     ///< the last that matches takes it
        given_back ///< the last that matches begins with `!`
    };

    /// Adds one line without its end; blank ones and comments add nothing.
    /// errors: usage, naming the pattern and what is wrong: an open bracket, an unknown class, a
    ///         trailing backslash, NUL, or nothing that could match
    Result<void> add_line(std::string_view line);
    /// Adds the lines of a file: LF or CRLF, with or without the UTF-8 byte order mark.
    /// errors: as reading a file; usage, naming file and line
    Result<void> add_file(const std::string& path);

    [[nodiscard]] bool empty() const { return rules_.empty(); }

    /// What is said of the path alone, not of folders above it. `path` is as catalogs write it:
    /// no `/` at either end.
    [[nodiscard]] Verdict match(std::string_view path, bool is_folder) const;
    /// Whether the path or a folder above it is taken: what lies in a folder that is taken can't be
    /// given back.
    [[nodiscard]] bool takes(std::string_view path, bool is_folder) const;

private:
    /// `*`, or one byte of a set.
    struct Token {
        bool is_star = false;
        std::bitset<256> bytes;
    };
    using Name = std::vector<Token>; ///< matches one name of a path
    using Run = std::vector<Name>;   ///< matches as many names in a row
    struct Rule {
        bool gives_back = false;
        bool folders_only = false;
        /// Between two runs any number of names may stand (`**`). The first begins the path, the
        /// last ends it; either may be empty.
        std::vector<Run> runs;
    };
    class Parser;
    static bool matches(const Name& name, std::string_view text);
    static bool matches(const Run& run, const std::string_view* names);
    static bool matches(const Rule& rule, const std::vector<std::string_view>& names);

    std::vector<Rule> rules_;
};

} // namespace saoluu::engine
