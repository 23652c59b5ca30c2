// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "crypto/keypair.hpp"
#include "crypto/secret.hpp"
#include "util/bytes.hpp"

#include "saoluu/result.hpp"

#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

/// Comparing our code with tests/compat/vectors.json, which was computed from FORMAT.md by a
/// program that shares no code with ours.
namespace saoluu::test {

using Json = nlohmann::json;

/// What to do with each vector of a section.
using Compare = std::function<void(const Json& in, const Json& out)>;

inline std::map<std::string, Compare>& comparisons() {
    static std::map<std::string, Compare> all;
    return all;
}

/// Names the comparison of one section; a static object of the file that has it.
struct Section {
    Section(const std::string& name, Compare compare) { comparisons()[name] = std::move(compare); }
};

/// A section of encodings that a decoder must refuse; `is_accepted` tells what it does.
struct Refused {
    Refused(const std::string& name, std::function<bool(const Json& in)> is_accepted) {
        comparisons()["refused-" + name] = [is_accepted](const Json& in, const Json& out) {
            CHECK(out.at("refused").get<bool>());
            CHECK_FALSE(is_accepted(in));
        };
        accepting()[name] = is_accepted;
    }
    /// By name of the codec, for the section `passed-over`.
    static std::map<std::string, std::function<bool(const Json& in)>>& accepting() {
        static std::map<std::string, std::function<bool(const Json& in)>> all;
        return all;
    }
};

inline util::Bytes hex(const Json& value) {
    auto bytes = util::from_hex(value.get<std::string>());
    if (!bytes)
        throw std::runtime_error("no hex: " + value.dump());
    return *bytes;
}
inline std::string hex_of(util::BytesView bytes) {
    return util::to_hex(bytes);
}
/// Bytes that are kept as text by our types: paths, targets.
inline std::string text_of_hex(const Json& value) {
    return std::string(util::as_text(hex(value)));
}
template <class IdType>
IdType id(const Json& value) {
    const auto found = IdType::from_hex_text(value.get<std::string>());
    if (!found)
        throw std::runtime_error("no id of this size: " + value.dump());
    return *found;
}
inline crypto::Key key(const Json& value) {
    return crypto::Key::copy_of(hex(value));
}
template <class Number>
Number number(const Json& value) {
    return value.get<Number>();
}
/// The value, or a test that ends here with the error's message.
template <class T>
T must(Result<T> result) {
    if (!result)
        throw std::runtime_error(result.error().message());
    return std::move(*result);
}

} // namespace saoluu::test
