// SPDX-License-Identifier: Apache-2.0
#include "config/toml_text.hpp"

#include "util/text.hpp"

#include "saoluu/secret_text.hpp"

#include <algorithm>
#include <exception>
#include <sstream>
#include <stdexcept>

// What toml++ 3.3 takes for granted does not hold for every text ("[="): it ends the program then,
// or with NDEBUG lets clang assume it. Here it is one more mistake of the file.
#undef NDEBUG
[[noreturn]] static void fail_toml(const char* what) {
    throw std::logic_error(what);
}
#define TOML_ASSERT(expr) ((expr) ? void() : fail_toml(#expr))
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace saoluu::config {
namespace {
using util::message;
using util::printable;
using util::tr;

int line_of(const toml::source_region& region) {
    return static_cast<int>(region.begin.line);
}

/// Takes the value over; toml++'s own copy of a text is wiped.
Value taken(toml::node& node, std::string key) {
    Value value;
    value.key = std::move(key);
    value.line = line_of(node.source());
    if (auto* const text = node.as_string()) {
        value.kind = Value::Kind::text;
        value.text = text->get();
        wipe(text->get());
        return value;
    }
    if (auto* const number = node.as_integer()) {
        value.kind = Value::Kind::number;
        value.number = number->get();
        value.text = std::to_string(number->get());
        return value;
    }
    if (auto* const flag = node.as_boolean()) {
        value.kind = Value::Kind::flag;
        value.flag = flag->get();
        value.text = flag->get() ? "true" : "false";
        return value;
    }
    if (auto* const list = node.as_array()) {
        value.kind = Value::Kind::list;
        value.text = "[…]";
        for (toml::node& item : *list)
            value.items.push_back(taken(item, {}));
        return value;
    }
    if (auto* const table = node.as_table()) {
        value.kind = Value::Kind::table;
        value.text = "{…}";
        for (auto&& [name, item] : *table)
            value.items.push_back(taken(item, std::string(name.str())));
        // toml++ sorts by key; a person reads from top to bottom.
        std::ranges::stable_sort(value.items, {}, &Value::line);
        return value;
    }
    std::ostringstream written; // a number with a point, a date, a time
    node.visit([&written](auto&& other) {
        if constexpr (toml::is_value<decltype(other)>)
            written << other.get();
    });
    value.text = std::move(written).str();
    return value;
}

std::string line_at(std::string_view text, std::size_t number) {
    for (; number > 1; --number) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos)
            return {};
        text.remove_prefix(end + 1);
    }
    return std::string(text.substr(0, text.find('\n')));
}

/// toml++ quotes a part of what it can't make out, which must not be a secret.
std::string detail_of(const toml::parse_error& error, const std::string& text) {
    const std::string line = line_at(text, error.source().begin.line);
    for (const char* word : {"secret", "token", "key", "://"})
        if (line.find(word) != std::string::npos)
            return {};
    return message(" ({})", printable(error.description()));
}

/// Goes over what stands outside of texts and comments.
class DepthMeter {
public:
    explicit DepthMeter(std::string_view text) : rest_(text) {}

    /// The line where it gets deeper than that; 0: nowhere.
    int line_deeper_than(int most) {
        while (!rest_.empty()) {
            const char c = rest_.front();
            if (c == '"' || c == '\'') {
                pass_text(c);
                continue;
            }
            if (c == '#')
                rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
            else
                take(c);
            if (std::max(brackets_, dots_) > most)
                return line_;
        }
        return 0;
    }

private:
    void take(char c) {
        line_ += c == '\n' ? 1 : 0;
        brackets_ += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
        if (c == '.')
            ++dots_;
        else if (std::string_view("\n=,[]{}").find(c) != std::string_view::npos)
            dots_ = 0; // the key, or the number, has ended
        rest_.remove_prefix(1);
    }

    /// One in single or threefold quotes, up to its end or where the parser will find fault with
    /// it.
    void pass_text(char quote) {
        const std::string three(3, quote);
        const bool is_long = rest_.starts_with(three);
        rest_.remove_prefix(is_long ? 3 : 1);
        while (!rest_.empty()) {
            if (!is_long && rest_.front() == '\n')
                return;
            if (is_long ? rest_.starts_with(three) : rest_.front() == quote) {
                rest_.remove_prefix(is_long ? 3 : 1);
                // """a""""" ends with two quotes of its own
                for (int i = 0; is_long && i < 2 && rest_.starts_with(quote); ++i)
                    rest_.remove_prefix(1);
                return;
            }
            const bool is_escape = quote == '"' && rest_.front() == '\\' && rest_.size() > 1;
            for (int i = 0; i < (is_escape ? 2 : 1); ++i) {
                line_ += rest_.front() == '\n' ? 1 : 0;
                rest_.remove_prefix(1);
            }
        }
    }

    std::string_view rest_;
    int line_ = 1, brackets_ = 0, dots_ = 0;
};

} // namespace

Value::~Value() {
    wipe(text);
}

Failure fail_at(std::string_view file, int line, const std::string& what) {
    return fail(ErrorKind::usage, message("{}:{}: {}", printable(file), line, what));
}

Result<Value> parse_toml(const std::string& text, std::string_view file) {
    // toml++ goes down by recursion and bounds the brackets alone; the deepest of ours is 3.
    constexpr int kDeepest = 16;
    if (const int line = DepthMeter(text).line_deeper_than(kDeepest); line != 0)
        return fail_at(file, line,
                       message(tr("a key has more than {} dots, or brackets lie deeper in each "
                                  "other than that: nothing in a config file does"),
                               kDeepest));
    try {
        toml::table table = toml::parse(std::string_view(text));
        return taken(table, {});
    } catch (const toml::parse_error& error) {
        const auto lines = 1 + std::ranges::count(text, '\n');
        const auto line = static_cast<int>(error.source().begin.line);
        const bool at_end =
            std::string_view(error.description()).find("end-of-file") != std::string_view::npos;
        if (at_end)
            return fail_at(file, std::min(line, static_cast<int>(lines)),
                           tr("the file ends in the middle of this: was it cut off when it was "
                              "copied or saved?"));
        return fail_at(file, line,
                       message(tr("this is not written as TOML; a line is key = \"text\", key = "
                                  "true, [[store]], or begins with # for a comment{}"),
                               detail_of(error, text)));
    } catch (const std::exception&) {
        return fail_at(file, 1, tr("this file can't be taken apart"));
    }
}

} // namespace saoluu::config
