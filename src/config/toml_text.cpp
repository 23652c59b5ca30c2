// SPDX-License-Identifier: Apache-2.0
#include "config/toml_text.hpp"

#include "util/text.hpp"

#include "saoluu/secret_text.hpp"

#include <algorithm>
#include <exception>
#include <sstream>

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
    for (const char* word : {"secret", "token", "key"})
        if (line.find(word) != std::string::npos)
            return {};
    return message(" ({})", printable(error.description()));
}

} // namespace

Value::~Value() {
    wipe(text);
}

Failure fail_at(std::string_view file, int line, const std::string& what) {
    return fail(ErrorKind::usage, message("{}:{}: {}", printable(file), line, what));
}

Result<Value> parse_toml(const std::string& text, std::string_view file) {
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
